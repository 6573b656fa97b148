"""Tables: their delimiters, headers and columns, and what programs export."""

import pytest
from pair_files import PAIRS, read, reasons, table

# Delimiters


@pytest.mark.parametrize("name", ["pairs.tsv", "pairs.txt", "pairs", "pairs.csv"])
@pytest.mark.parametrize("delimiter", ["\t", ";", ",", "|"])
def test_the_delimiter_is_found_out(tmp_path, name, delimiter):
    result = read(tmp_path, table(delimiter), name)
    assert result.pairs == PAIRS
    assert result.layout.delimiter == delimiter and result.layout.header is False
    assert result.layout.format == ("tsv" if delimiter == "\t" and name != "pairs.csv" else "csv")


def test_what_stands_in_sentences_is_no_delimiter(tmp_path):
    pairs = [("Ja, gern", "Yes, please"), ("Nein", "No"), ("Du, ich, er", "You; I; he")]
    assert read(tmp_path, table("\t", pairs=pairs)).pairs == pairs
    quoted = "".join(f'"{source}";"{target}"\n' for source, target in pairs)
    assert read(tmp_path, quoted, "pairs.csv").pairs == pairs


@pytest.mark.parametrize("delimiter", [" ||| ", ":", "="])
def test_any_delimiter_can_be_given(tmp_path, delimiter):
    assert read(tmp_path, table(delimiter), delimiter=delimiter).pairs == PAIRS


def test_one_column_is_no_table(tmp_path):
    with pytest.raises(ValueError, match=r"Expected a source and a target .*received 1 column without names"):
        read(tmp_path, "one\ntwo\n")


# Headers and columns


@pytest.mark.parametrize(
    "header",
    [
        ("source", "target"),
        ("Source_text", "Target_text"),
        ("src", "tgt"),
        ("Question", "Answer"),
        ("de", "en"),
        ("German", "English"),
        ("deu", "eng"),
        ("de-DE", "en-GB"),
    ],
)
def test_usual_names_are_a_header(tmp_path, header):
    result = read(tmp_path, table("\t", header))
    assert result.pairs == PAIRS and result.layout.header is True and result.rows == 3
    assert (result.layout.source_column, result.layout.target_column) == header
    assert "first row taken as header" in result.report()


def test_a_word_above_numbers_is_a_header(tmp_path):
    rows = [("Wert", "Name"), *((f"{number}", f"n{number}") for number in range(5))]
    result = read(tmp_path, "".join(f"{number}\t{name}\n" for number, name in rows))
    assert result.layout.header is True and result.pairs[0] == ("0", "n0") and result.rows == 5
    few = read(tmp_path, "".join(f"{number}\t{name}\n" for number, name in rows[:4]))
    assert few.layout.header is False and few.rows == 4


@pytest.mark.parametrize("first", [("Hund", "dog"), ("source", "Quelle"), ("Where is the target?", "target")])
def test_other_first_rows_are_pairs(tmp_path, first):
    result = read(tmp_path, table("\t", first))
    assert result.pairs == [first, *PAIRS] and result.layout.header is False
    assert "no header" in result.report()


def test_a_header_can_be_told(tmp_path):
    assert read(tmp_path, table(",", ("foo", "bar")), header=True).pairs == PAIRS
    assert read(tmp_path, table(",", ("de", "en")), header=False).pairs == [("de", "en"), *PAIRS]


WIDE = "id;note;en;de\n1;x;the dog;der Hund\n2;y;the cat;die Katze\n3;z;the house;das Haus\n"


@pytest.mark.parametrize(
    ("source", "target"), [("de", "en"), (4, 3), ("de", 3), ("DE", None), (4, "en"), (None, "en"), (4, None)]
)
def test_columns_are_chosen_by_name_or_number(tmp_path, source, target):
    result = read(tmp_path, WIDE, source_column=source, target_column=target)
    assert result.pairs == PAIRS


def test_roles_are_known_in_any_order(tmp_path):
    rows = [(str(place), target, source) for place, (source, target) in enumerate(PAIRS)]
    assert read(tmp_path, table("\t", ("id", "answer", "question"), rows)).pairs == PAIRS


@pytest.mark.parametrize(("column", "received"), [("fr", "none of this name"), (7, "none of this number")])
def test_a_column_that_does_not_exist_lists_those_that_do(tmp_path, column, received):
    with pytest.raises(ValueError) as error:
        read(tmp_path, WIDE, source_column=column)
    message = str(error.value)
    assert f"Expected the column {column!r}, as source_column says, in {tmp_path}" in message
    assert received in message and all(name in message for name in ("'id'", "'note'", "'en'", "'de'"))


def test_a_name_of_two_columns_is_refused(tmp_path):
    with pytest.raises(ValueError, match="received 2 of this name"):
        read(tmp_path, "a,a,b\n1,2,3\n", source_column="a")


# Exports of programs


def test_pairs_from_anki_and_manythings(tmp_path):
    lines = "Go.\tVa !\tCC-BY 2.0 (France) Attribution: tatoeba.org #2877272 (CM) & #1158250 (Wittydev)\n"
    result = read(
        tmp_path, lines + "Hi.\tSalut !\tCC-BY 2.0 (France) Attribution: tatoeba.org #5\n", "fra.txt"
    )
    assert result.pairs == [("Go.", "Va !"), ("Hi.", "Salut !")] and not result.layout.header


def test_notes_of_anki(tmp_path):
    head = "#separator:tab\n#html:true\n#guid column:1\n#notetype column:2\n#deck column:3\n#tags column:6\n"
    note = 'a(b\tBasic\tGerman\t<b>Hund</b> &amp; Co&nbsp;<br>neu\t"the ""dog""\tand"\tanimals\n'
    result = read(tmp_path, head + note)
    assert result.pairs == [("Hund & Co\xa0\nneu", 'the "dog"\tand')]
    plain = "#separator:Semicolon\n#html:false\n#columns:Front;Back;Tags\nA <b>;B;t\nC;;t\n"
    result = read(tmp_path, plain)
    assert result.pairs == [("A <b>", "B")] and reasons(result) == [(5, "an empty target")]
    assert read(tmp_path, plain, source_column="Back", target_column="Front").pairs == [("B", "A <b>")]


def test_pairs_from_tatoeba_skip_their_numbers(tmp_path):
    result = read(tmp_path, "1276\tLet us try.\t77\tVersuchen wir es!\n1277\tI go.\t78\tIch gehe.\n", "p.tsv")
    assert result.pairs == [("Let us try.", "Versuchen wir es!"), ("I go.", "Ich gehe.")]


def test_two_columns_of_numbers_are_pairs(tmp_path):
    assert read(tmp_path, "17\t71\n23\t32\n").pairs == [("17", "71"), ("23", "32")]


def test_a_spreadsheet_with_mark_and_semicolons(tmp_path):
    cells = 'Deutsch;English\n"Hund; Katze";"the ""dog""\nand cat"\n;\n'
    data = "\ufeff" + cells.replace("\n", "\r\n")
    result = read(tmp_path, data, "sheet.csv")
    assert result.pairs == [("Hund; Katze", 'the "dog"\nand cat')] and result.malformed == 0
    assert result.layout.source_column == "Deutsch"


def test_excels_unicode_text(tmp_path):
    assert read(tmp_path, table("\t", ("Source", "Target")).encode("utf-16")).pairs == PAIRS
