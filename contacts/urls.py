"""Public URLs of this floor."""

from django.urls import URLPattern, URLResolver, path

from contacts import views, views_rights

urlpatterns: list[URLPattern | URLResolver] = [
    path("join/<slug:slug>/", views.join, name="join"),
    path("join/<slug:slug>/thanks/", views.join_thanks, name="join-thanks"),
    path("your-data/", views_rights.ask, name="your-data"),
    path("your-data/<str:token>/", views_rights.page, name="your-data-open"),
]
