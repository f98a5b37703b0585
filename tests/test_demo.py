"""The demo: the shop's pitfalls are repaired as an editor does it, and both versions are asked the same over HTTP."""

import asyncio
import contextlib
import importlib
import io
import shutil
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"
SHOP = DOCS / "demo"


@pytest.fixture(scope="module")
def modules():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        yield importlib.import_module("demo"), importlib.import_module("demo_run")


@pytest.fixture(scope="module")
def repaired(modules, tmp_path_factory):
    folder = tmp_path_factory.mktemp("repaired") / "demo"
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("__pycache__", "*.db"))
    with contextlib.redirect_stdout(io.StringIO()):
        left = asyncio.run(modules[0].repair(folder))
    assert left == 0, "the demo finds pitfalls and leaves none"
    return folder


@pytest.fixture(scope="module")
def figures(modules, repaired):
    """By the name of a step, what it gave before and after."""
    demo_run = modules[1]

    async def run():
        async with demo_run.both(SHOP, repaired) as shops:
            found = {}
            for step in demo_run.STEPS.values():
                found[step.__name__] = [await demo_run.figures_of(step, shop) for shop in shops]
            assert not shops[1].errors
            return found

    with pytest.MonkeyPatch.context() as patch:
        # As long as a busy machine may need to answer ten requests.
        patch.setattr(demo_run, "SUPPLIER_DELAY", 1)
        return asyncio.run(run())


def test_every_step_shows_a_difference(modules, figures):
    assert [name for name, pair in figures.items() if not modules[1].differ(*pair)] == []


def test_nobody_was_answered_while_the_supplier_was_asked(figures):
    before, after = figures["slow_supplier"]
    during = [name for name in before if name.startswith("during ")]
    assert len(during) == 4
    assert all(before[name] == 0 for name in during)
    assert all(after[name] > 0 for name in during)
    assert before["statuses of the slow requests"] == after["statuses of the slow requests"] == "200 200 200 200"


# What must hold of a step's figures: (step, name, before, after).
CLAIMS = [
    ("own_orders", "status", 500, 200),
    ("own_orders", "orders in the answer", 0, 2),
    ("new_product", "status", 500, 201),
    ("new_product", "rows of that product", 0, 1),
    ("unknown_order", "status", 200, 404),
    ("unknown_order", "the answer says", "failed", "there is no order 999"),
    ("failed_payment", "tracebacks in the log", 0, 1),
    ("huge_page", "status", 200, 422),
    ("huge_page", "orders in the answer", 2004, 0),
    ("huge_page", "SQL statements sent", 6, 0),
    ("blocked_customer", "status", 201, 403),
    ("blocked_customer", "her orders in the database", 2, 1),
    ("order_mail", "status", 201, 201),
    ("order_mail", "his mails in the outbox", 0, 1),
    ("cancelled_order", "the order in the answer", "cancelled", "cancelled"),
    ("cancelled_order", "the order in the database", "placed", "cancelled"),
    ("cancelled_order", "rows in the audit log", 0, 1),
    ("restocked", "end of the message", "<coroutine object StockService.on_order> on order", "1 on order"),
    ("registrations", "statuses", "201 201", "201 201"),
    ("registrations", "rows in the audit log", 0, 2),
    ("registrations", "greetings at the end of the second mail", 2, 1),
]


@pytest.mark.parametrize(("step", "name", "before", "after"), CLAIMS)
def test_what_the_tables_claim(figures, step, name, before, after):
    assert [of_version[name] for of_version in figures[step]] == [before, after]


async def test_an_unrepaired_shop_is_not_shown_as_repaired(modules, monkeypatch, capsys):
    demo_run = modules[1]
    title, step = next((title, step) for title, step in demo_run.STEPS.items() if step is demo_run.own_orders)
    monkeypatch.setattr(demo_run, "STEPS", {title: step})
    assert await demo_run.show(SHOP, SHOP) == [
        f"nothing changed: {title}",
        "the repaired shop answered GET /users/me/orders: 500",
    ]
    assert title in capsys.readouterr().out


async def test_an_answer_that_cannot_be_read_is_said(modules, monkeypatch):
    demo_run = modules[1]

    async def impossible(shop):
        return {"name": (await shop.post("/products", {"sku": "shelf-elm", "name": "Elm", "price_cents": 1})).json()}

    monkeypatch.setattr(demo_run, "STEPS", {"A step": impossible})
    (problem,) = await demo_run.show(SHOP, SHOP)
    assert "impossible got an answer that it cannot read" in problem
    assert problem.endswith("POST /products: 500")


async def test_a_shop_that_does_not_start_is_said(modules, tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "main.py").write_text('raise RuntimeError("closed today")\n', encoding="utf-8")
    (problem,) = await modules[1].show(SHOP, tmp_path)
    assert "the shop did not start (after the repair)" in problem
    assert "RuntimeError: closed today" in problem


async def test_a_shop_that_fails_while_it_starts_is_said(modules, tmp_path):
    shutil.copytree(SHOP / "shop", tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "shop" / "seed.py").write_text(
        'async def seed(db):\n    raise RuntimeError("empty")\n', encoding="utf-8"
    )
    (problem,) = await modules[1].show(tmp_path, SHOP)
    assert "the shop did not start (before the repair)" in problem
    assert "RuntimeError: empty" in problem
