"""Public URLs of this floor."""

from django.urls import URLPattern, URLResolver, path

from contacts import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("join/<slug:slug>/", views.join, name="join"),
    path("join/<slug:slug>/thanks/", views.join_thanks, name="join-thanks"),
]
