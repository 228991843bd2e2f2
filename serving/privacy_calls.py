"""The rows of the HTTP table about what is held of a person, and what they say to it."""

from __future__ import annotations

from serving import privacy
from serving.asked import Call
from serving.wire_privacy import ConsentAsk, ConsentCard, EraseQuery, ErasureCard, Export

PRIVACY_CALLS = (
    Call(
        name="user_export",
        method="GET",
        path="/v1/users/{user_id:path}/export",
        scopes=("admin",),
        handler=privacy.export,
        answer=Export,
        summary="Everything held of a person",
        finds=True,
    ),
    Call(
        name="user_consent",
        method="GET",
        path="/v1/users/{user_id:path}/consent",
        scopes=("app", "admin"),
        handler=privacy.consent,
        answer=ConsentCard,
        summary="What a person allows, by purpose",
    ),
    Call(
        name="user_consent_said",
        method="POST",
        path="/v1/users/{user_id:path}/consent",
        scopes=("app", "admin"),
        handler=privacy.say_consent,
        answer=ConsentCard,
        summary="A person's new word on what they allow; a no to offers withdraws those that are open",
        body=ConsentAsk,
    ),
    Call(
        name="user_erase",
        method="DELETE",
        path="/v1/users/{user_id:path}",
        scopes=("admin",),
        handler=privacy.erase,
        answer=ErasureCard,
        summary="Forget a person; the answer is the receipt, and asking again is harmless",
        query=EraseQuery,
    ),
    Call(
        name="erasure",
        method="GET",
        path="/v1/erasures/{erasure_id}",
        scopes=("admin",),
        handler=privacy.erasure,
        answer=ErasureCard,
        summary="The receipt of an erasure, as far as it is",
        finds=True,
    ),
)
