"""Words of the desk's theme and of Django that neither translates: named here, so that our locale/fr translates them.

Nothing imports this module; `makemessages` reads it.
"""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

WORDS = [
    _("Select record"),
    _("Select action"),
    _("Collapse"),
    _("Name"),
    _("Value"),
    _("Default"),
    _("Code"),
    _("Current file"),
    _("Reset to default"),
    _("From"),
    _("To"),
    _("Date from"),
    _("Date to"),
    _("Not enough data."),
    _("Add new item"),
    _("Choose a date from the list below to revert to a previous version of this object"),
    _("Changes"),
    _("Select action to run"),
    _(
        "Raw passwords are not stored, so there is no way to see this user’s password, but you can change the"
        ' password using <a href="{}" class="text-primary-600 dark:text-primary-500">this form</a>.'
    ),
    _("Select value"),
    _("Dataset not found. No action performed."),
    _("You can not create nested object without parent"),
    _("Run"),
    _("After you've created a user, you’ll be able to edit more user options."),
    _("Expand row"),
    _("Welcome back to"),
    _("Forgotten your password or username?"),
    _("Type to search"),
    _("You have been successfully logged out from the administration"),
    _("No data"),
    _("More actions"),
    _("All applications"),
    _("True"),
    _("False"),
    _("Apply Filters"),
    _("Select all rows"),
    _("Recent searches"),
    _("No recent searches"),
    _("No results matching your query"),
    _("Loading more results..."),
    _("Cancel"),
    _("Record picture"),
    _("This item will be deleted."),
    _("Click to cancel"),
    _("No results found"),
    _("This page yielded into no results. Create a new item or reset your filters."),
    _("Reset filters"),
    _("Image preview"),
    _("Click to download"),
    _("Go back"),
    _("Previous"),
    _("Next"),
    _("Search apps and models..."),
    _("General"),
    _("Light"),
    _("Dark"),
    _("System"),
    _("Return to site"),
    _("Choose file to upload"),
    _("Toggle password visibility"),
    _("Date"),
]
COUNTED = [
    ngettext_lazy(
        "\n                Found %(counter)s result in %(time)s seconds\n            ",
        "\n                Found %(counter)s results in %(time)s seconds\n            ",
    ),
]
