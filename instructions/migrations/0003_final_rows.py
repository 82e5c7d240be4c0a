from django.db import migrations

from projects.immutable import freeze


class Migration(migrations.Migration):
    dependencies = [("instructions", "0002_initial"), ("projects", "0002_final_rows")]

    operations = [
        freeze("instructions_guidelineversion"),
        freeze("instructions_clause"),
    ]
