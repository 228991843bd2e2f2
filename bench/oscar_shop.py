"""The smallest django-oscar shop on PostgreSQL: one product, and offers that take a dollar off it for who knows a code.

Nothing of oscar is overridden. Its apps, urls, middleware, views, models and defaults are those of the package, and the
settings those of its "getting started" page, each request a transaction included.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

URLS = "daypart_bench_shop_urls"
PRICE, DISCOUNT = Decimal("4.50"), Decimal("1.00")
_CONTEXT = (
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "oscar.apps.search.context_processors.search_form",
    "oscar.apps.checkout.context_processors.checkout",
    "oscar.apps.communication.notifications.context_processors.notifications",
    "oscar.core.context_processors.metadata",
)
_MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "oscar.apps.basket.middleware.BasketMiddleware",
)


@dataclass(frozen=True)
class Prize:
    """What one round is about: an offer that must pay once, and the code of its voucher, which every racer has."""

    offer_id: int
    code: str


class _FromModels:
    """No migrations: tables are made from the models at once, which ends the same and saves half a minute."""

    def __contains__(self, app: str) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


def open_shop(url: str) -> None:
    """Set Django up on the database at `url`, of the form `postgresql://user:@/name?host=folder of its socket`."""
    import django
    import oscar
    from django.conf import settings
    from oscar import defaults

    parts = urlsplit(url)
    name, host = parts.path.lstrip("/"), parse_qs(parts.query)["host"][0]
    database = {"ENGINE": "django.db.backends.postgresql", "NAME": name, "USER": parts.username, "HOST": host}
    templates = {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
    settings.configure(
        **{name: getattr(defaults, name) for name in dir(defaults) if name.startswith("OSCAR_")},
        SECRET_KEY="bench",
        SITE_ID=1,
        USE_TZ=True,
        ALLOWED_HOSTS=["testserver"],
        ROOT_URLCONF=URLS,
        STATIC_URL="/static/",
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=oscar.INSTALLED_APPS,
        MIDDLEWARE=_MIDDLEWARE,
        TEMPLATES=[{**templates, "OPTIONS": {"context_processors": _CONTEXT}}],
        DATABASES={"default": {**database, "ATOMIC_REQUESTS": True}},
        HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
        MIGRATION_MODULES=_FromModels(),
        LOGGING_CONFIG=None,
    )
    django.setup()
    _add_urls()


def _add_urls() -> None:
    from django.apps import apps
    from django.contrib import admin
    from django.urls import include, path

    urls = ModuleType(URLS)
    shop = path("", include(apps.get_app_config("oscar").urls[0]))
    vars(urls)["urlpatterns"] = [
        path("i18n/", include("django.conf.urls.i18n")),
        path("admin/", admin.site.urls),
        shop,
    ]
    sys.modules[URLS] = urls


def fill_shop(n_rounds: int) -> tuple[list[Prize], list[Prize]]:
    """Tables and the product; prizes of vouchers for a single use, and prizes of offers that apply once in all."""
    from django.core.management import call_command
    from oscar.core.loading import get_model

    call_command("migrate", run_syncdb=True, verbosity=0)
    kinds = get_model("catalogue", "ProductClass").objects
    kind = kinds.create(name="drinks", requires_shipping=False, track_stock=False)
    product = get_model("catalogue", "Product").objects.create(title="latte", product_class=kind)
    partner = get_model("partner", "Partner").objects.create(name="soho")
    stock = {"partner": partner, "partner_sku": "latte", "price": PRICE, "price_currency": "GBP"}
    get_model("partner", "StockRecord").objects.create(product=product, **stock)
    # Oscar counts baskets in a row that two first customers of a product may both try to make.
    get_model("analytics", "ProductRecord").objects.create(product=product)
    everything = get_model("offer", "Range").objects.create(name="all", includes_all_products=True)
    voucher = get_model("voucher", "Voucher")
    single = [_prize(everything, f"SINGLE{n}", voucher.SINGLE_USE) for n in range(n_rounds)]
    limited = [_prize(everything, f"LIMITED{n}", voucher.MULTI_USE, max_global_applications=1) for n in range(n_rounds)]
    return single, limited


def _prize(everything: Any, code: str, usage: str, **limits: int) -> Prize:
    from django.utils.timezone import now
    from oscar.core.loading import get_model

    conditions, benefits = get_model("offer", "Condition").objects, get_model("offer", "Benefit").objects
    offers = get_model("offer", "ConditionalOffer")
    condition = conditions.create(range=everything, type="Count", value=1)
    benefit = benefits.create(range=everything, type="Absolute", value=DISCOUNT, max_affected_items=1)
    offer = offers.objects.create(name=code, offer_type=offers.VOUCHER, condition=condition, benefit=benefit, **limits)
    window = {"start_datetime": now() - timedelta(days=1), "end_datetime": now() + timedelta(days=1)}
    get_model("voucher", "Voucher").objects.create(name=code, code=code, usage=usage, **window).offers.add(offer)
    return Prize(offer.pk, code)


def paid(prize: Prize) -> int:
    """How many orders got the prize's discount."""
    from oscar.core.loading import get_model

    discounts = get_model("order", "OrderDiscount").objects
    return int(discounts.filter(offer_id=prize.offer_id, amount__gt=0).count())
