"""How mail servers say in twelve languages that nobody lives there, that the box is full, that somebody is away."""

# ruff: noqa: E501 - each language on a line
from __future__ import annotations

import re


def any_of(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


UNKNOWN = any_of(
    r"user (is )?unknown|unknown user|unknown (or illegal )?(alias|recipient|address)|no such (user|mailbox|recipient|address|person)",
    r"(does not|doesn[’']t) exist|(wasn[’']t|couldn[’']t be|could not be|not) found|no mailbox here|invalid recipient",
    r"address rejected|recipient rejected|account (is |has been )?(disabled|closed)|mailbox unavailable",
    r"(utilisateur|destinataire|adresse) inconnue?|n[’']existe pas|introuvable",
    r"(empfänger|benutzer|adresse)\W.{0,40}unbekannt|existiert nicht|nicht gefunden",
    r"no existe|(usuario|destinatario) desconocido|no se (ha )?encontr",
    r"non esiste|(utente|destinatario) sconosciuto|inesistente",
    r"não existe|(usuário|utilizador|destinatário) desconhecido|não (foi )?encontrad",
    r"bestaat niet|onbekende (gebruiker|ontvanger)|niet gevonden",
    r"nie istnieje|nieznany (użytkownik|odbiorca|adresat)|nie znaleziono",
    r"finns inte|okänd (användare|mottagare)|hittades inte|findes ikke|finnes ikke",
    r"не существует|не найден|неизвестный (пользователь|получатель)",
    r"存在しません|見つかりません|宛先不明|不存在|找不到",
)
FULL = any_of(
    r"(mailbox|inbox|account) (is )?(over ?)?(full|quota)|over ?quota|quota (is )?exceeded|exceeded (its |the )?(storage|quota)",
    r"boîte (aux lettres |de réception )?(est )?pleine|quota dépassé",
    r"(postfach|speicherplatz).{0,30}(voll|erschöpft|überschritten)",
    r"(buzón|bandeja).{0,30}llen[oa]|cuota excedida",
    r"casella.{0,40}piena|quota superata",
    r"caixa.{0,40}(cheia|lotada)|cota excedida",
    r"(postvak|mailbox).{0,20} vol\b|quotum overschreden",
    r"skrzynka.{0,40}(pełna|przepełniona)",
    r"(brevlåda|inkorg|postlåda).{0,20}full",
    r"ящик.{0,40}(переполнен|заполнен)",
    r"容量.{0,12}超|メールボックスがいっぱい|邮箱已满",
)
RETURNED_SUBJECT = any_of(
    r"undeliver|returned mail|return(ed)? to sender|delivery (status|failure|has failed|notification)|failure notice|mail delivery|delivery.{0,10}(problem|incomplete|delayed)|delivery error",
    r"non (remis|distribu|délivr)|échec de (la )?(remise|distribution|livraison)",
    r"unzustellbar|nicht zugestellt|zustell(ung|fehler)",
    r"no se (ha )?(pudo|podido) entregar|no entregado|devuelto|error de entrega",
    r"mancat[oa] (recapito|consegna)|non recapitabile|impossibile recapitare",
    r"não (foi )?entregue|falha na entrega|devolvida",
    r"onbestelbaar|niet (af|be)(geleverd|zorgd)|retour",
    r"niedostarczon|nie (została )?dostarczon|zwrot",
    r"kunde inte levereras|olevererat|gick inte att leverera|ikke leveres",
    r"не доставлен|недоставлен|возвращ",
    r"配信(できません|不能|エラー)|配達(できません|不能)|退信|无法投递",
)
AUTO_SUBJECT = any_of(
    r"out of (the )?office|auto(matic)?[ -]?(reply|response|answer)|autoreply|on (vacation|leave)|away from",
    r"absence du bureau|réponse automatique|absent",
    r"abwesen|automatische antwort|nicht im büro",
    r"respuesta automática|fuera de (la )?oficina|ausente",
    r"risposta automatica|fuori ufficio|assenza",
    r"resposta automática|fora do escritório|ausência",
    r"automatisch antwoord|afwezig",
    r"automatyczna odpowiedź|poza biurem",
    r"autosvar|automatiskt svar|frånvaro",
    r"автоответ|автоматический ответ|отсутств",
    r"自動(応答|返信)|不在|自动(回复|答复)",
)
