"""Public URLs of this floor: sharing (`/s/`, `/v/`, `/card/`), offers, QR codes and the till."""

from django.urls import URLPattern, URLResolver, path

from social.views import enrol, fan, fan_check, friend, offer, onward, papers, postback, qr, share, till

urlpatterns: list[URLPattern | URLResolver] = [
    path("s/<str:token>", share.page, name="share"),
    path("s/<str:token>/<slug:network>", share.page, name="share_network"),
    path("v/<str:token>", friend.page, name="friend"),
    path("v/<str:token>/on", onward.page, name="share_on"),
    path("v/<str:token>/mail", friend.mail, name="friend_mail"),
    path("card/<str:name>.jpg", friend.card, name="share_card"),
    path("fan/<str:token>", fan.page, name="fan"),
    path("FAN/<str:token>", fan.page, name="fan_printed"),
    path("fan-check/<slug:network>/", fan_check.back, name="fan_check"),
    path("f/<str:token>", offer.page, name="offer"),
    path("f/<str:token>/offer.ics", papers.entry_of_mail, name="offer_entry"),
    path("f/<str:token>/<slug:block>/offer.ics", papers.entry_of_mail, name="offer_block_entry"),
    path("f/<str:token>/voucher.pdf", papers.voucher_of_mail, name="offer_voucher"),
    path("f/<str:token>/<slug:block>/voucher.pdf", papers.voucher_of_mail, name="offer_block_voucher"),
    path("f/<str:token>/not-me/", papers.not_me, name="offer_not_me"),
    path("q/<str:token>/offer.ics", papers.entry_of_claim, name="qr_entry"),
    path("q/<str:token>/voucher.pdf", papers.voucher_of_claim, name="qr_voucher"),
    path("f/<str:token>/qr.png", offer.image, name="offer_image"),
    path("f/<str:token>/<slug:block>/qr.png", offer.image, name="offer_block_image"),
    path("f/<str:token>/<slug:block>", offer.page, name="offer_block"),
    path("q/<str:token>", qr.landing, name="qr"),
    path("q/<str:token>/<slug:block>", qr.landing, name="qr_block"),
    path("Q/<str:token>", qr.landing, name="qr_printed"),
    path("Q/<str:token>/<slug:block>", qr.landing, name="qr_printed_block"),
    path("postback/<slug:source>/", postback.receive, name="postback"),
    path("till/", till.home, name="till"),
    path("till/enrol/", enrol.page, name="till_enrol"),
    path("till/check/", till.check, name="till_check"),
    path("till/redeem/", till.use, name="till_redeem"),
    path("till/undo/", till.undo, name="till_undo"),
    path("till/today/", till.today, name="till_today"),
    path("till/leave/", till.leave, name="till_leave"),
]
