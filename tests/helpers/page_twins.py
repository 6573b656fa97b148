"""What tests of the page's models share: their twins in Python, and the views in which they work."""

from page_data import FORMS, model_of_page

from s2s_lesson.pipeline import TextToText
from s2s_lesson.pipeline.export.agreement import with_stored_weights


def twin(name):
    """The Python model with weights as the page stores them."""
    pipeline = model_of_page(name)
    *vocabularies, options = pipeline.description()
    return TextToText(with_stored_weights(pipeline.model, FORMS[name]), *vocabularies, **options)


def view_of(page, kind="live"):
    """The first view of a kind on a page, where it can be seen."""
    view = page.locator(f"figure[data-view={kind}]").first
    view.scroll_into_view_if_needed()
    return view
