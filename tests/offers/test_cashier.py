from offers.cashier import refusal_text
from offers.ledger import REASONS
from offers.text import LOCALES


def test_every_refusal_has_words_in_every_locale():
    sentences = [refusal_text(reason) for reason in REASONS] + [
        refusal_text("already_redeemed", **{how: True}) for how in ("held", "paid")
    ]
    assert all(tuple(sentence) == LOCALES for sentence in sentences)
    for locale in LOCALES:
        assert len({sentence[locale] for sentence in sentences}) == len(REASONS) + 2
        assert all(sentence[locale][-1] in ".。" and len(sentence[locale]) <= 80 for sentence in sentences)
