"""Faults of accessibility in a page, as axe-core finds them."""

from axe_playwright_python.sync_playwright import Axe


def serious(page, rules=None):
    """The serious and critical faults, each with the place and what is wrong."""
    options = {"resultTypes": ["violations"], "preload": False}
    if rules:
        options["runOnly"] = rules
    return [
        (fault["id"], node["html"][:200], node["failureSummary"])
        for fault in Axe().run(page, options=options).response["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
