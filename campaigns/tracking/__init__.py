"""What happened to a mail: hits are accepted in front of Django, spooled, classified and rolled up."""
