"""Faults of accessibility in a page, as axe-core finds them."""

from axe_playwright_python.sync_playwright import Axe


def serious(page, rules=None, but=()):
    """The serious and critical faults, each with the place and what is wrong.

    Args:
        page: of Playwright.
        rules: names of axe's rules; None means all.
        but: names of rules that are left out.
    """
    options = {"resultTypes": ["violations"], "preload": False}
    options["rules"] = {rule: {"enabled": False} for rule in but}
    if rules:
        options["runOnly"] = rules
    return [
        (fault["id"], node["html"][:200], node["failureSummary"])
        for fault in Axe().run(page, options=options).response["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
