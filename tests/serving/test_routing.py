import pytest

from serving.calls import CALLS
from serving.problems import Problem
from serving.routing import BESIDE, Routes


@pytest.fixture(scope="module")
def routes():
    return Routes(CALLS)


def test_every_call_is_found_by_its_own_path(routes):
    for call in CALLS:
        path = call.path.replace("{user_id:path}", "ann").replace("{", "").replace("}", "")
        assert routes.find(call.method, path)[0] is call


def test_parameters_come_with_the_call(routes):
    assert routes.find("POST", "/v1/coupons/AB-CD/redeem")[1] == {"code": "AB-CD"}
    assert routes.find("GET", "/v1/users/a/b/offers")[1] == {"user_id": "a/b"}
    call, parameters = routes.find("GET", "/v1/users/a/offers/b")
    assert (call.name, parameters) == ("user", {"user_id": "a/offers/b"})


def test_odd_ids_reach_the_door_which_refuses_them(routes):
    assert routes.find("GET", "/v1/users/a\nb/offers")[1] == {"user_id": "a\nb"}
    assert routes.find("GET", "/v1/users//offers")[1] == {"user_id": ""}


def test_head_is_answered_as_get(routes):
    assert routes.find("HEAD", "/v1/users/ann")[0].name == "user"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/v1/coupons/A/B/redeem",
        "/v1/coupons/A",
        "/v1/recommendations/x",
        "/V1/events",
        "/v1/events\n",
        "/v1/coupons/A/redeem\n",
    ],
)
def test_other_paths_are_unknown(routes, path):
    with pytest.raises(Problem) as caught:
        routes.find("POST", path)
    assert caught.value.status == 404


@pytest.mark.parametrize("path", [*BESIDE, "/v1/events", "/v1/users/ann"])
def test_a_known_path_says_what_it_takes(routes, path):
    with pytest.raises(Problem) as caught:
        routes.find("PATCH", path)
    assert caught.value.status == 405
    assert caught.value.headers["Allow"] in ("GET", "POST", "DELETE, GET")
