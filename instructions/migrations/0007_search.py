from django.db import migrations

# Not a field of the model: nobody reads it but the search, and rows of hundreds of pages would
# bring it along. "simple" keeps words of any language as they are written and allows prefixes;
# "english" adds stems, which change nothing where no English suffix stands.
COLUMN = """
ALTER TABLE instructions_clause ADD COLUMN search tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector('simple'::regconfig, number || ' ' || title), 'A')
    || setweight(to_tsvector('english'::regconfig, title), 'A')
    || setweight(to_tsvector('simple'::regconfig, body), 'B')
    || setweight(to_tsvector('english'::regconfig, body), 'B')
) STORED
"""


class Migration(migrations.Migration):
    dependencies = [("instructions", "0006_quiz_grants")]

    operations = [
        migrations.RunSQL(COLUMN, "ALTER TABLE instructions_clause DROP COLUMN search"),
        migrations.RunSQL(
            "CREATE INDEX clauses_by_words ON instructions_clause USING gin (search)",
            "DROP INDEX clauses_by_words",
        ),
    ]
