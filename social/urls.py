"""Public URLs of this floor: sharing (`/s/`, `/v/`, `/card/`), offers, QR codes and the till."""

from django.urls import URLPattern, URLResolver, path

from social.views import share

urlpatterns: list[URLPattern | URLResolver] = [
    path("s/<str:token>", share.page, name="share"),
    path("s/<str:token>/<slug:network>", share.page, name="share_network"),
    path("v/<str:token>", share.friend, name="friend"),
    path("v/<str:token>/mail", share.friend_mail, name="friend_mail"),
    path("card/<str:name>.jpg", share.card, name="share_card"),
]
