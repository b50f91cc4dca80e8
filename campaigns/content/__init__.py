"""What a mail says: blocks → MJML → `CompiledEmail` → bytes for the wire, once per version and language.

`versions.new_version` saves, `compiled.load` compiles, `batch.messages` fills in the people, `checks.check` says go
or why not.
"""
