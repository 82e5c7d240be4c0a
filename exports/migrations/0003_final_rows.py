from django.db import migrations

from projects.immutable import freeze


class Migration(migrations.Migration):
    dependencies = [("exports", "0002_initial"), ("projects", "0002_final_rows")]

    operations = [
        freeze("exports_export", once="OLD.state = 'done'"),
    ]
