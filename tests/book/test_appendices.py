"""The appendices: every link leads somewhere, every name exists, and nothing that must be there is missing.

No engine is needed: the package is read, not imported.
"""

import ast
import functools
import re
from pathlib import Path

import measured
import pytest
from book_text import BOOK, entries, prose

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "s2s_lesson"
PAGES = sorted(BOOK.glob("appendix-*.md"))
FRONT = (BOOK / "intro.md", BOOK / "for-teachers.md", BOOK / "api" / "index.md")
OTHERS = sorted([*BOOK.glob("*.ipynb"), *FRONT])
HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
NOT_IN_A_SLUG = re.compile(r"[^\w\u4e00-\u9fff\- ]")
ANCHORS_UP_TO = 4  # level of heading; `myst_heading_anchors` in _config.yml
ARTICLES_OWN = {"encoder.summary", "decoder.summary"}  # they look like names of the package
OF_CHAPTERS = re.compile(r"0\d[a-z]?-[\w-]+\.ipynb")  # chapters and their deeper pages
STILTED = re.compile(  # what nobody says
    r"\b(?:in the mean|is that of|cannot be had|stands in|one (?:row|number|token|vector) an? \w+)\b",
    re.IGNORECASE,
)

# The headings of the article, as it writes them.
ARTICLE = (
    "1.背景介绍",
    "2.核心概念与联系",
    "2.1 基本概念",
    "2.2 模型框架",
    "3.核心算法原理和具体操作步骤以及数学模型公式详细讲解",
    "3.1 RNN Encoder",
    "3.2 RNN Decoder",
    "3.3 Training Strategies for Seq2Seq Models",
    "4.具体代码实例和详细解释说明",
    "4.1 Seq2Seq 模型实现",
    "4.2 数据集加载与处理",
    "4.3 Seq2Seq 模型训练",
)
# What it lists under them, by name.
LISTED = {
    "1": ("One-to-one model", "Many-to-one model", "Many-to-many model"),
    "2.1": (
        "输入 (Input)",
        "输出 (Output)",
        "输入特征 (Input features)",
        "输出特征 (Output features)",
        "编码器 (Encoder)",
        "解码器 (Decoder)",
        "隐藏状态 (Hidden state)",
        "目标 (Target)",
        "奖励 (Reward)",
        "时序预测 (Temporal Prediction)",
    ),
    "3.1": (
        "Embedding Layer",
        "Bidirectional RNN layer",
        "Attention Mechanism",
        "Luong Attention",
        "Bahdanau Attention",
        "Pointer Networks",
        "Output Layer",
    ),
    "3.2": ("Embedding Layer", "LSTM Cells", "Output Layer", "Beam Search", "Training Strategy"),
    "3.3": ("Teacher Forcing Strategy", "Scheduled Sampling Strategy", "Joint Training Strategy"),
    "4.1": (
        "Seq2SeqModel",
        "call",
        "predict",
        "create_masks",
        "create_padding_mask",
        "create_look_ahead_mask",
    ),
    "4.2": (
        "conversations",
        "utterances",
        "preprocess_text",
        "stop_words",
        "Tokenizer",
        "df",
        "train_test_split",
        "MAX_LEN",
        "pad_sequences",
    ),
    "4.3": (
        "EMBEDDING_DIM",
        "train_dataset",
        "train_step",
        "val_step",
        "loss_object",
        "SparseCategoricalAccuracy",
        "encoder.summary",
        "history",
        "best_val_loss",
        "checkpoint_manager",
        "load_model",
    ),
}


def slug(title):
    """The anchor of a heading, by MyST's rule: GitHub's."""
    title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)  # a link counts as its text
    title = re.sub(r"[`*]", "", title)
    return NOT_IN_A_SLUG.sub("", title.lower().replace(" ", "-"))


def anchors(path):
    """The anchors of a page; where two headings are alike, the second gets a number."""
    taken = []
    for marks, title in HEADING.findall(prose(path)):
        if len(marks) <= ANCHORS_UP_TO:
            anchor, number = slug(title), 1
            while anchor in taken:
                anchor, number = f"{anchor}-{number}", number + 1
            taken.append(anchor)
    return taken


def links(path):
    return [target for target in LINK.findall(prose(path)) if not re.match(r"[a-z]+:", target)]


def broken(path):
    """The links of a page that lead nowhere."""
    wrong = []
    for target in links(path):
        name, _, anchor = target.partition("#")
        file = path if not name else path.parent / name
        if not file.is_file() or (anchor and anchor not in anchors(file)):
            wrong.append(target)
    return wrong


def without_anchor(path):
    """The links of a page that lead to the top of a chapter or of a deeper page of one."""
    return [target for target in links(path) if OF_CHAPTERS.fullmatch(target)]


def stilted(text):
    """Turns of phrase that nobody says, outside of code."""
    return STILTED.findall(re.sub(r"`[^`\n]*`", "", text))


def section(page, title):
    """What stands under a heading, up to the next one of its level or above."""
    text = prose(BOOK / page)
    for heading in HEADING.finditer(text):
        if heading[2] == title:
            rest = text[heading.end() :]
            end = re.search(rf"^#{{1,{len(heading[1])}}} ", rest, re.MULTILINE)
            return rest[: end.start()] if end else rest
    raise AssertionError(f"Expected a heading {title!r} in {page}; received none.")


@functools.cache
def names_in(path):
    """What a module defines or imports, or a folder offers, each name with what stands in it.

    Imports from the package are followed. None stands for what comes from elsewhere, and is not looked into.
    """
    if path.is_dir():
        stub = path / "__init__.pyi"  # its names are imported once they are used
        return names_in(path / "__init__.py") | (names_in(stub) if stub.is_file() else {})
    return _defined(ast.parse(path.read_text(encoding="utf-8")).body)


def _defined(body):
    names = {}
    for node in body:
        if isinstance(node, ast.ClassDef):
            plain = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
            bases = [base.id for base in plain if isinstance(base, ast.Name)]
            inherited = {name: inside for base in bases for name, inside in (names.get(base) or {}).items()}
            names[node.name] = {**inherited, **_defined(node.body)}
        elif isinstance(node, ast.FunctionDef):
            names[node.name] = {}
        elif isinstance(node, ast.ImportFrom | ast.Import):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            names |= {alias.asname or alias.name: _imported(module, alias.name) for alias in node.names}
        elif isinstance(node, ast.AnnAssign):
            names[ast.unparse(node.target)] = {}
        elif isinstance(node, ast.Assign):
            nodes = [part for target in node.targets for part in ast.walk(target)]
            names |= {part.id: {} for part in nodes if isinstance(part, ast.Name)}
    return names


def _imported(module, name):
    """What stands in a name that is imported from a module of the package."""
    file = ROOT / f"{(module or '').replace('.', '/')}.py"
    return names_in(file).get(name) if PACKAGE in file.parents and file.is_file() else None


def package_names(text):
    """Names in backticks that begin with a folder or a module of the package: `search.beam_search`."""
    modules = {path.stem for path in PACKAGE.rglob("*") if path.suffix == ".py" or path.is_dir()}
    dotted = re.findall(r"`(?:s2s_lesson\.)?([a-z_]+(?:\.\w+)+)", text)
    names = {name for name in dotted if name.split(".")[0] in modules and not name.endswith(".json")}
    return sorted(names - ARTICLES_OWN)


def exists(name):
    """Whether a dotted name can be imported: a folder's own, or one of a module below it."""
    path, parts = PACKAGE, name.split(".")
    while parts and (path / parts[0] / "__init__.py").is_file():
        path /= parts.pop(0)
    if parts and (path / f"{parts[0]}.py").is_file():
        path /= f"{parts.pop(0)}.py"
    inside = names_in(path)
    for part in parts:
        if inside is None:
            return True
        if part not in inside:
            return False
        inside = inside[part]
    return True


def test_the_slugs():
    assert slug("Luong's step") == "luongs-step"
    assert slug("Kinds of problems, by the number of steps in and out") == (
        "kinds-of-problems-by-the-number-of-steps-in-and-out"
    )
    assert slug("Test 1: do the weights matter at all?") == "test-1-do-the-weights-matter-at-all"
    assert slug("The data frame: `df`") == "the-data-frame-df"
    assert slug("2.1 基本概念") == "21-基本概念"


def test_anchors_can_be_linked_to_in_the_build():
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    assert f"myst_heading_anchors: {ANCHORS_UP_TO}" in config


def test_the_check_of_links(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# One\n\n## Two\n\n## Two\n\n[a](#two-1) [b](page.md#one) [c](#three) [d](no.md) [e](https://e.org)\n"
    )
    assert anchors(page) == ["one", "two", "two-1"]
    assert broken(page) == ["#three", "no.md"]


def test_the_checks_of_anchors_and_of_phrases(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "[a](06-films.ipynb) [b](06-films.ipynb#chat) [c](01b-deeper.ipynb) [d](your-own-data.ipynb)\n"
    )
    assert without_anchor(page) == ["06-films.ipynb", "01b-deeper.ipynb"]
    assert stilted("On average it is `one row a sentence`, for each row of the file.") == []
    phrases = "In the mean it is that of one row a batch. It stands in a file, which cannot be had."
    assert stilted(phrases) == ["In the mean", "is that of", "one row a batch", "stands in", "cannot be had"]


def test_the_check_of_names():
    assert exists("search.beam_search") and exists("pipeline.TextToText.predict")
    assert exists("layers.LuongAttention.project_keys") and exists("layers.Seq2SeqConfig.attention")
    assert exists("pipeline.TextToText.accepts") and exists("data.scores.bleu")  # inherited; of a module
    assert not exists("search.no_such_search") and not exists("pipeline.TextToText.no_such_method")
    assert not exists("masks.padding_mask") and not exists("layers.LuongAttention.no_such_method")
    assert package_names("`search.sample(...)`, `keras.ops.sum`, `data.bleu`, `masks.padding_mask`") == [
        "data.bleu",
        "masks.padding_mask",
        "search.sample",
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page):
    assert len(links(page)) >= 5
    assert broken(page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_into_a_chapter_leads_to_a_heading(page):
    assert without_anchor(page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_appendices_speak_plainly(page):
    assert stilted(prose(page)) == []


@pytest.mark.parametrize("page", OTHERS, ids=lambda page: page.stem)
def test_every_link_of_chapters_and_front_pages_leads_somewhere(page):
    assert len(links(page)) >= 5
    assert broken(page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_name_of_the_package_exists(page):
    assert [name for name in package_names(prose(page)) if not exists(name)] == []


def test_the_pages_are_there():
    names = [
        "notation",
        "glossary",
        "errata",
        "article-map",
        "coming-from",
        "symptoms",
        "measured",
        "promises",
        "scoreboard",
        "bibliography",
    ]
    assert {f"appendix-{name}" for name in names} <= {page.stem for page in PAGES}


@pytest.mark.parametrize("heading", ARTICLE)
def test_the_map_has_every_heading_of_the_article(heading):
    titles = [title for _, title in HEADING.findall(prose(BOOK / "appendix-article-map.md"))]
    assert heading in titles


@pytest.mark.parametrize("number", LISTED)
def test_the_map_has_what_the_article_lists(number):
    title = next(title for title in ARTICLE if re.match(rf"{re.escape(number)}[. ](?!\d)", title))
    rows = [row for row in section("appendix-article-map.md", title).splitlines() if row.startswith("| ")]
    for name in LISTED[number]:
        assert any(name in row.split("|")[1] and LINK.search(row) for row in rows), name


def rows_of(page):
    """The rows of the tables of a page, each as its cells."""
    lines = [line for line in prose(BOOK / page).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]


@pytest.mark.parametrize("page", ["appendix-article-map.md", "appendix-errata.md"])
def test_each_name_in_a_heading_of_chapter_6_leads_there(page):
    """The article's names stand in these headings; whoever looks a name up is led to where it is treated."""
    pages = sorted(BOOK.glob("06*.ipynb"))
    led = {
        (name, target)
        for first, *others in rows_of(page)
        for name in re.findall(r"`([^`]+)`", first)
        for target in LINK.findall(" ".join(others))
    }
    titles = [(path.name, title) for path in pages for _, title in HEADING.findall(prose(path))]
    named = [
        (name, f"{page}#{slug(title)}") for page, title in titles for name in re.findall(r"`([^`]+)`", title)
    ]
    wanted = {(name, target) for name, target in named if not name.startswith("tf.")}
    assert len(wanted) >= 30
    assert sorted(wanted - led) == []


def test_every_row_of_the_map_has_a_link():
    text = prose(BOOK / "appendix-article-map.md")
    rows = [row for row in text.splitlines() if row.startswith("| ")]
    rows = [row for row in rows if not row.startswith("| in the article")]
    assert len(rows) >= 80
    assert [row for row in rows if not LINK.search(row)] == []


def test_every_glossary_entry_has_both_languages_and_a_link():
    form = re.compile(r"\*\*([A-Za-z][\w ,'()-]*)\*\* \(([^)]*[\u4e00-\u9fff][^)]*)\): (.+)")
    terms_of = [form.fullmatch(entry) for entry in entries("appendix-glossary.md")]
    assert None not in terms_of and len(terms_of) >= 60
    assert all(LINK.search(entry[3]) for entry in terms_of)
    assert len({entry[1] for entry in terms_of}) == len(terms_of)
    for _, title in HEADING.findall(prose(BOOK / "appendix-glossary.md"))[1:]:
        part = section("appendix-glossary.md", title)
        terms = [entry[1].lower() for entry in terms_of if f"**{entry[1]}** (" in part]
        assert terms == sorted(terms)


def test_the_glossary_has_the_articles_terms():
    text = prose(BOOK / "appendix-glossary.md")
    terms = (
        "输入序列 输出序列 输入特征 输出特征 编码器 编码器状态 解码器 隐藏状态 目标 奖励 时序预测 "
        "端到端训练 双向循环神经网络 注意力机制 指针网络 长短期记忆网络 输入门 遗忘门 输出门 内存单元 "
        "束搜索 教师强制 定时采样 联合训练 反向传播 梯度下降 损失函数 交叉熵 泛化能力 概率分布 "
        "语言建模 机器翻译 上下文"
    )
    assert [term for term in terms.split() if term not in text] == []


def test_every_erratum_is_complete():
    numbered = [entry for entry in entries("appendix-errata.md") if re.match(r"\*\*\d", entry)]
    assert len(numbered) >= 60
    for entry in numbered:
        assert LINK.search(entry), entry
        assert "*Says:*" in entry and "*Right:*" in entry, entry
    numbers = [re.match(r"\*\*([\d.]+)\*\*", entry)[1] for entry in numbered]
    assert len(set(numbers)) == len(numbers)


def numbers_in(text):
    """The numbers of entries that a text names, "4.1.2 to 4.1.4" being three."""
    numbers = []
    for first, last in re.findall(r"(\d\.\d\.\d+)(?: to (\d\.\d\.\d+))?", text):
        listing, _, count = first.rpartition(".")
        upto = int((last or first).rpartition(".")[2])
        numbers += [f"{listing}.{number}" for number in range(int(count), upto + 1)]
    return numbers


def test_the_table_of_names_has_every_entry_on_the_listings_of_section_4():
    assert numbers_in("4.1.2 to 4.1.4, 4.2.10") == ["4.1.2", "4.1.3", "4.1.4", "4.2.10"]
    rows = [row for row in rows_of("appendix-errata.md") if numbers_in(row[1])]
    assert len(rows) >= 19
    listed = {number for row in rows for number in numbers_in(row[1])}
    numbers = re.findall(r"^- \*\*(4\.\d\.\d+)\*\*", prose(BOOK / "appendix-errata.md"), re.MULTILINE)
    assert listed == set(numbers)


def test_the_table_of_measurements_is_that_of_the_results():
    page = (BOOK / "appendix-measured.md").read_text(encoding="utf-8")
    table = measured.table()
    assert table in page, "Run: python tools/measured.py"
    assert all(path.name in table for path in (BOOK / "results").glob("*.json"))
