"""What WhatsApp itself writes into an export, in the users' languages: files, deleted messages, notices.

On iPhones it begins with U+200E, whatever the language; elsewhere it is known by its words.
"""

import re

MARK = "\u200e"  # left-to-right: iPhones set it before what nobody wrote

_KINDS = (
    "image|video|audio|sticker|gif|document|contact|bild|videonachricht|dokument|kontaktkarte|imagen|imagem"
    "|documento|tarjeta|figurinha|vídeo|áudio|vidéo|afbeelding|immagine|изображение|видео|аудио|стикер|документ"
)
_LEFT_OUT = (
    "omitted|weggelassen|ausgelassen|omitid[oa]|absente?|omise?|omess[oa]|ocultad[oa]|weggelaten|пропущено"
    "|опущено"
)
_ENDINGS = (
    "jpe?g|png|gif|webp|heic|mp4|mov|3gp|opus|ogg|m4a|mp3|aac|amr|pdf|docx?|xlsx?|pptx?|vcf|zip|txt|apk"
)
_MEDIA = re.compile(  # "<Media omitted>" in any language: brackets around the whole, and a blank or no ASCII
    rf"<[^<>\n]*[^\x00-\x1f!-\x7f][^<>\n]*>|null|(?:{_KINDS})(?: \w+)? (?:{_LEFT_OUT})\.?"
    r"|\w+(?: \w+)?: https?://maps\.google\.\S+",
    re.IGNORECASE,
)
_FILE = re.compile(
    rf"(?:[^\n/]+\.(?:{_ENDINGS}) \([^()\n]+\)|<[^<>\n]+\.(?:{_ENDINGS})>)(?:\n|$)", re.IGNORECASE
)
_DELETED = re.compile(
    r"this message was deleted(?: by .+)?|you deleted this message"
    r"|diese nachricht wurde gelöscht|du hast diese nachricht gelöscht"
    r"|se eliminó este mensaje|este mensaje fue eliminado|eliminaste este mensaje"
    r"|ce message a été supprimé|(?:vous avez|tu as) supprimé ce message"
    r"|questo messaggio è stato eliminato|hai eliminato questo messaggio"
    r"|(?:esta )?mensagem (?:foi )?apagada|(?:você )?apagou (?:esta|essa) mensagem"
    r"|dit bericht is verwijderd|(?:je|u) hebt dit bericht verwijderd"
    r"|данное сообщение удалено|вы удалили данное сообщение|bu mesaj silindi|bu mesajı sildiniz"
    r"|此(?:消息|訊息)已(?:被)?(?:删除|刪除|撤回)|你(?:已)?(?:删除|刪除)了?此(?:消息|訊息)",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"(?:messages and calls|messages to this|nachrichten und anrufe|los mensajes y las llamadas"
    r"|les messages et|i messaggi e le chiamate|as mensagens e|berichten en gesprekken"
    r"|сообщения и звонки|消息和通话) .*"
    r"|missed (?:group )?(?:voice|video) call.{0,40}|(?:voice|video) call, .{1,30}|waiting for this message.*"
    r"|verpasster (?:sprach|video)anruf.{0,40}|(?:video)?llamada (?:de voz )?perdida.{0,40}"
    r"|appel (?:vocal|vidéo) manqué.{0,40}|(?:video)?chiamata (?:vocale )?persa.{0,40}"
    r"|chamada de (?:voz|vídeo) perdida.{0,40}|gemiste (?:spraak|video)oproep.{0,40}"
    r"|пропущенный (?:аудио|видео)звонок.{0,40}",
    re.IGNORECASE | re.DOTALL,
)
_EDITED = re.compile(
    r"\s*<[^<>\n]*(?:edited|bearbeitet|edit(?:ó|ado|ada)|modifi|bewerkt|изменено|düzenlendi|已编辑|已編輯|編集)"
    r"[^<>\n]*>$"
)


def kind_of(text: str) -> tuple[str, str]:
    """Tell what a message is, and what of it somebody wrote.

    Args:
        text: the message, marks included.

    Returns:
        kind: "system", "media" or "deleted"; empty for what somebody wrote.
        text: without what WhatsApp added, such as the name of a file above its caption.

    >>> kind_of("<Medien ausgeschlossen>"), kind_of("Ahoy! <This message was edited>")
    (('media', ''), ('', 'Ahoy!'))
    """
    marked = text.startswith(MARK)
    text = _EDITED.sub("", _without_marked_end(text)).replace(MARK, "").strip()
    if _DELETED.fullmatch(text.rstrip(".。")):
        return "deleted", ""
    if _MEDIA.fullmatch(text):
        return "media", ""
    if file := _FILE.match(text):
        caption = text[file.end() :].strip()
        return ("", caption) if caption else ("media", "")
    if marked or _NOTICE.fullmatch(text):
        return "system", ""
    return "", text


def _without_marked_end(text):
    """A text without what an iPhone adds at its end: "document omitted", "<This message was edited>"."""
    before, mark, end = text.rpartition(MARK)
    if mark and before.strip() and _MEDIA.fullmatch(end.strip()):
        return end if MARK in before else before  # "a file's name • 2 pages", between marks, is no text
    return text
