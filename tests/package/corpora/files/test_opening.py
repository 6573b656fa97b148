import io

import pytest

from s2s_lesson.corpora.files import open_text
from s2s_lesson.corpora.files.encoding import find_decoding, is_encoding
from s2s_lesson.corpora.files.opening import lines_of

GERMAN = (
    "Die Bäume im Süden blühen früh.\tThe trees\n"
    "Äpfel schmecken süß, und Öl fließt über die Straße.\tApples\n"
    "Größere Häuser würden schöner aussehen.\tBigger\n"
)
RUSSIAN = "Съешь же ещё этих мягких булок, да выпей чаю.\tx\nЯ живу в Москве, а он в деревне.\ty\n"
CHINESE = "我是一个学生,住在北京。\tx\n今天天气很好,我们去公园吧。\ty\n"
KOREAN = "저는 학생입니다. 서울에 삽니다.\tx\n오늘 날씨가 좋네요.\ty\n"
MIXED = "Исландия\tIceland\nГвинея-Бисау\tGuinea-Bissau\nчувашский\tChuvash\nамериканский\tAmerican\n"
ARABIC = (
    "السلام عليكم\tpeace be upon you\nكيف حالك اليوم؟\thow are you today?\nأنا من القاهرة\tI am from Cairo\n"
)
JAPANESE = "吾輩は猫である。\tI am a cat\nどこで生れたか見当がつかぬ。\tWhere I was born I do not know\n"
FRENCH = "L'été dernier, nous avons mangé à la plage.\tx\nÇa va très bien, merci. Où êtes-vous né ?\ty\n"


def read(path, encoding=None):
    with open_text(path, encoding) as file:
        return file.read()


def written(tmp_path, data):
    path = tmp_path / "pairs.txt"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_read_with_and_without_a_byte_order_mark(tmp_path, encoding):
    assert read(written(tmp_path, GERMAN.encode(encoding))) == GERMAN


@pytest.mark.parametrize(("mark", "encoding"), [(b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le")])
def test_utf_16_of_both_orders_is_known_by_its_mark(tmp_path, mark, encoding):
    path = written(tmp_path, mark + GERMAN.encode(encoding))
    assert read(path) == read(path, encoding) == GERMAN
    assert find_decoding(path).encoding == "utf-16"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_refused_with_its_name(tmp_path, encoding):
    path = written(tmp_path, GERMAN.encode(encoding))
    with pytest.raises(ValueError, match=f"pass encoding='{encoding}'"):
        read(path)
    assert read(path, encoding) == GERMAN


def test_a_mark_goes_also_if_the_encoding_was_given(tmp_path):
    assert read(written(tmp_path, GERMAN.encode("utf-8-sig")), "utf-8") == GERMAN


@pytest.mark.parametrize(
    ("text", "encoding", "named"),
    [
        (GERMAN, "cp1252", "cp1252"),
        (GERMAN, "latin-1", "cp1252"),
        (RUSSIAN, "cp1251", "cp1251"),
        (RUSSIAN, "koi8-r", "koi8-r"),
        (MIXED, "koi8-r", "koi8-r"),
        (MIXED, "cp866", "cp866"),
        (ARABIC, "cp1256", "cp1256"),
        (CHINESE, "gbk", "gb18030"),
        (KOREAN, "euc-kr", "cp949"),
    ],
)
def test_one_encoding_is_told_for_the_whole_file(tmp_path, text, encoding, named):
    path = written(tmp_path, b"ascii alone\n" * 997 + text.encode(encoding))
    assert read(path) == "ascii alone\n" * 997 + text
    assert find_decoding(path).encoding == named


def test_several_likely_encodings_are_refused_and_named(tmp_path):
    path = written(tmp_path, FRENCH.encode("cp1252"))
    with pytest.raises(ValueError, match=r"could be .*cp1252.*different texts.*Pass the one") as error:
        read(path)
    assert "cp1250" in str(error.value) and str(path) in str(error.value)
    assert read(path, "cp1252") == FRENCH


def test_too_little_text_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"2 bytes that are not ASCII, too few to tell\. Pass the one"):
        read(written(tmp_path, "Größe".encode("cp1252")))


def test_an_encoding_holds_for_bytes_that_come_late(tmp_path):
    """The last line has a byte that cp1252 has nothing for, as it would be chosen for the lines before."""
    data = GERMAN.encode("cp1252") * 2003 + b"x\x81\n"
    path = written(tmp_path, data)
    with pytest.raises(ValueError, match="0x81"):
        read(path, "cp1252")
    try:
        text = read(path)
    except ValueError as error:
        assert "Pass the one" in str(error)
    else:
        assert text.encode(find_decoding(path).encoding) == data


def test_utf_8_with_a_wrong_byte_is_not_taken_for_something_else(tmp_path):
    data = GERMAN.encode() + b"gr\xfc\xdfe\tx\n" + GERMAN.encode()
    with pytest.raises(ValueError, match=r"Expected utf-8 in row 4 of .*; received the byte 0xFC"):
        read(written(tmp_path, data))


def test_a_given_encoding_that_does_not_fit_is_told_with_its_row(tmp_path):
    with pytest.raises(ValueError, match=r"ascii in row 1 of .*; received the byte 0xC3 after 'Die B'"):
        read(written(tmp_path, GERMAN.encode()), "ascii")


def test_names_of_encodings_are_known():
    assert is_encoding("cp1252") and is_encoding("UTF-8")
    assert not any(map(is_encoding, ("klingon", "base64", "rot13", "a\0b")))


WESTERN = ("cp1252", "cp1250", "cp1257", "iso8859-2", "cp850", "cp437", "mac_roman", "mac_latin2")
CYRILLIC = ("cp1251", "iso8859-5", "koi8-r", "cp866", "mac_cyrillic")
WRITTEN = {
    **dict.fromkeys((GERMAN, FRENCH), WESTERN),
    **dict.fromkeys((RUSSIAN, MIXED), CYRILLIC),
    ARABIC: ("cp1256", "iso8859-6", "cp864", "cp720"),
    JAPANESE: ("shift_jis", "euc_jp"),
    CHINESE: ("gbk",),
    KOREAN: ("euc-kr",),
}
CASES = [(text, name) for text, names in WRITTEN.items() for name in names]


@pytest.mark.parametrize(("text", "encoding"), CASES)
def test_a_file_is_read_rightly_or_refused(tmp_path, text, encoding):
    """Of parts of each text that the encoding has letters for."""
    data = text.encode(encoding, "ignore")
    text = data.decode(encoding)
    path = written(tmp_path, data)
    try:
        assert read(path) == text
    except ValueError as error:
        assert "pass" in str(error).lower()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\nb\n", ["a", "b"]),
        ("a\r\nb", ["a", "b"]),
        ("a\rb\rc", ["a", "b", "c"]),
        ("a\rb\nc\n", ["a\rb", "c"]),
        ("a\u2028b\x85c\x0bd\x0ce\x1cf\n", ["a\u2028b\x85c\x0bd\x0ce\x1cf"]),
        ("a\n\nb\n\n", ["a", "", "b", ""]),
        ("a\0b\n", ["a\0b"]),
        ("", []),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_lines_end_with_line_feeds_or_else_with_carriage_returns(tmp_path, text, lines, encoding):
    path = written(tmp_path, text.encode(encoding))
    with open_text(path) as file:
        assert list(lines_of(file)) == lines


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_standard_input_is_read_as_it_comes(monkeypatch, encoding):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(GERMAN.encode(encoding))))
    assert read("-") == GERMAN


def test_the_standard_input_is_utf_8_or_what_is_told(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(GERMAN.encode("cp1252"))))
    with pytest.raises(ValueError, match=r"Expected utf-8 in the standard input; received the byte 0xE4"):
        read("-")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(GERMAN.encode("cp1252"))))
    assert read("-", "cp1252") == GERMAN
