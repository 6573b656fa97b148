"""s2s-lesson predict: outputs stay beside their texts, whatever one of these holds."""

import io
import json
import os
import sys
import threading

import pytest
from untrained_run import untrained_run

from s2s_lesson import __main__ as command_line
from s2s_lesson.data import Prediction
from s2s_lesson.data.prediction import empty_prediction
from s2s_lesson.pipeline import TextToText

LONG = "a b c d a"
HALF = "a \udcff"  # what Python makes of an argument that is no UTF-8


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return untrained_run(tmp_path_factory.mktemp("runs") / "mine")


@pytest.fixture(autouse=True)
def upper(monkeypatch):
    """Each text is answered by itself in capitals, or by several outputs."""

    def predict(pipeline, texts, beam_size, n_best, *, truncate, **options):
        return [answer(" ".join(text.split()[:4]) if truncate else text, n_best) for text in texts]

    monkeypatch.setattr(TextToText, "predict", predict)


def answer(text, n_best):
    if not text.strip():
        return empty_prediction(text)
    outputs = [
        Prediction(text, (), f"{text.upper()}{'!' * place}", (), -1.5 - place, 0.0, None)
        for place in range(n_best)
    ]
    return Prediction(**{**vars(outputs[0]), "alternatives": tuple(outputs[1:])})


def main(run, *arguments):
    return command_line.main(["predict", str(run), *map(str, arguments)])


def from_input(monkeypatch, content):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_a_text_that_is_too_long_costs_its_own_output_alone(run, capsys):
    assert main(run, "a", LONG, "", "b") == 1
    printed = capsys.readouterr()
    assert printed.out == "A\n\n\nB\n"
    assert printed.err == (
        "Expected a text that the model can read in text 2; received 5 tokens, and 4 at most can be read: "
        "--truncate cuts it. It has no output.\n"
    )


@pytest.mark.parametrize("arguments", [["a", HALF, "b"], []], ids=["arguments", "standard input"])
def test_bytes_that_are_no_text_cost_their_own_line_alone(run, capsys, monkeypatch, arguments):
    from_input(monkeypatch, b"a\na \xff\nb\n")
    assert main(run, *arguments) == 1
    printed = capsys.readouterr()
    assert printed.out == "A\n\nB\n"
    place = "text 2" if arguments else "line 2 of the standard input"
    remedy = "" if arguments else " in UTF-8: --encoding names another encoding"
    assert f"in {place}; received bytes that are no text{remedy}. It has no output.\n" in printed.err


def test_bytes_of_a_file_that_are_no_text_cost_their_own_line_alone(run, capsys, tmp_path):
    """Which encoding it is cannot be told from one letter."""
    path = tmp_path / "texts.txt"
    path.write_bytes("a\nstraße\nb\n".encode("cp1252"))
    assert main(run, "--input", path) == 1
    printed = capsys.readouterr()
    assert printed.out == "A\n\nB\n"
    assert f"line 2 of {path}; received bytes that are no text in UTF-8: --encoding names" in printed.err
    assert main(run, "--input", path, "--encoding", "cp1252") == 0
    assert capsys.readouterr().out == "A\nSTRASSE\nB\n"
    path.write_bytes("a b c d\n".encode("utf-16-le"))
    assert main(run, "--input", path) == 1
    assert "pass encoding='utf-16-le'. On the command line: --encoding.\n" in capsys.readouterr().err


def test_each_bad_line_of_a_file_is_named_and_the_others_are_answered(run, capsys, tmp_path):
    (tmp_path / "texts.txt").write_text(f"# c\na\n{LONG}\n{LONG}\nb\n", encoding="utf-8")
    output = tmp_path / "outputs.txt"
    given = ["--input", tmp_path / "texts.txt", "--output", output, "--comment", "#"]
    assert main(run, *given) == 1
    assert output.read_text(encoding="utf-8") == "A\n\n\nB\n"
    said = capsys.readouterr().err.splitlines()
    assert [
        f"line {number} of {tmp_path / 'texts.txt'};" in line
        for number, line in zip((3, 4), said, strict=True)
    ]
    assert len(said) == 2


def test_a_pipe_is_read_but_once(run, capsys, tmp_path):
    """As the shell makes one of ``--input <(...)``."""
    os.mkfifo(tmp_path / "pipe")
    for arguments in (["predict", run, "--input"], ["inspect"]):
        writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=("a\tb\nb\ta\nc\tc\n",))
        writer.start()
        assert command_line.main([*map(str, arguments), str(tmp_path / "pipe")]) == 0
        writer.join()
    printed = capsys.readouterr().out
    assert printed.startswith("A B\nB A\nC C\n") or printed.startswith("A\tB\n")
    assert "3 rows, 3 pairs." in printed


def test_rows_that_hold_no_source_are_faults_as_well(run, capsys, monkeypatch):
    from_input(monkeypatch, b'{"source": "a"}\n{"source": 3}\n{oops\n{"source": "b"}\n')
    assert main(run, "--format", "jsonl") == 1
    printed = capsys.readouterr()
    assert printed.out == "A\n\n\nB\n"
    assert "line 2 of the standard input; received a number, 3, in the field 'source'" in printed.err
    assert "line 3 of the standard input; received no JSON" in printed.err


def test_a_column_of_targets_makes_the_input_a_table(run, capsys, monkeypatch):
    from_input(monkeypatch, b"a\tb\nb\tc\n")
    assert main(run, "--target-column", "2") == 0
    assert capsys.readouterr().out == "A\nB\n"


def test_truncate_cuts_texts_to_the_longest_that_the_model_reads(run, capsys):
    assert main(run, "--truncate", "a", LONG) == 0
    assert capsys.readouterr() == ("A\nA B C D\n", "")


def test_strict_stops_at_the_first_bad_text(run, capsys):
    assert main(run, "a", LONG, "b", "--strict") == 1
    printed = capsys.readouterr()
    assert printed.out == "A\n"
    assert (
        "text 2; received 5 tokens" in printed.err
        and "Without --strict the others are answered" in printed.err
    )


def test_lines_of_the_n_best_say_which_text_they_belong_to(run, capsys):
    assert main(run, "a", LONG, "", "b", "--n-best", "2") == 1
    assert capsys.readouterr().out == (
        "1\t-1.500\tA\n1\t-2.500\tA!\n2\t\t\n3\t0.000\t\n4\t-1.500\tB\n4\t-2.500\tB!\n"
    )


def test_json_says_why_a_text_has_no_output(run, capsys):
    assert main(run, "a", LONG, HALF, "--json") == 1
    good, long, half = map(json.loads, capsys.readouterr().out.splitlines())
    assert (good["source"], good["text"]) == ("a", "A")
    assert (long["source"], long["text"]) == (LONG, None) and long["error"].startswith("5 tokens")
    assert half == {"source": None, "text": None, "error": "bytes that are no text"}


def test_line_ends_within_an_output_become_blanks(run, capsys):
    assert main(run, "a\nb\u2028c", "d") == 0
    assert capsys.readouterr().out == "A B C\nD\n"


def test_texts_of_which_none_can_be_read_have_empty_lines(run, capsys):
    assert main(run, LONG, LONG) == 1
    assert capsys.readouterr().out == "\n\n"


def test_texts_may_stand_before_between_and_after_options(run, capsys):
    assert main(run, "--beam-size", "2", "a", "--unknown", "b", "--", "-c") == 0
    assert capsys.readouterr().out == "A\nB\n-C\n"


def test_line_numbers_go_on_from_part_to_part(run, capsys, monkeypatch):
    monkeypatch.setattr("s2s_lesson.commands.predict.AT_ONCE", 2)
    from_input(monkeypatch, f"a\nb\nc\n{LONG}\nd\n".encode())
    assert main(run, "--n-best", "1") == 1
    printed = capsys.readouterr()
    assert printed.out == "A\nB\nC\n\nD\n" and "line 4 of" in printed.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a", "--input", "texts.txt"], "Expected texts or --input; received ['a'] and input."),
        (["a", "--format", "csv"], "Expected texts or --input; received ['a'] and format."),
        (["--input", "none.txt"], "Expected the file none.txt"),
        (
            ["--input", "texts.txt", "--output", "texts.txt"],
            "Expected another file for the outputs than that",
        ),
        (["a", "--output", "."], "Expected a file for the outputs; received the folder ."),
        (["a", "--output", "texts.txt/outputs"], "Expected a folder that can be written to"),
        (["a", "--n-best", "6"], "Expected --n-best of at most --beam-size, 5; received 6."),
        (["a", "--mean", "probabilities"], "Expected --mean beside --with"),
        (["a", "--with", "none"], "Expected model.keras in the folder none"),
        (["--encoding", "klingon"], "Expected encoding Python knows; received 'klingon'"),
    ],
)
def test_what_is_wrong_is_said_before_the_model_is_loaded(
    run, tmp_path, capsys, monkeypatch, arguments, said
):
    def load(folder):
        raise AssertionError("it was loaded")

    monkeypatch.setattr(TextToText, "load", load)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts.txt").write_text("a\n", encoding="utf-8")
    assert main(run, *arguments) == 1
    assert said in capsys.readouterr().err
    assert (tmp_path / "texts.txt").read_text(encoding="utf-8") == "a\n"


@pytest.mark.parametrize("command", ["predict", "chat"])
@pytest.mark.parametrize("closed", ["none", "closed"])
def test_a_closed_standard_input_is_one_line(run, capsys, monkeypatch, command, closed):
    stream = None if closed == "none" else io.TextIOWrapper(io.BytesIO())
    if stream:
        stream.close()
    monkeypatch.setattr(sys, "stdin", stream)
    assert command_line.main([command, str(run)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("OSError: Expected an open standard input; received a closed one.")
    assert said.count("\n") == 1
