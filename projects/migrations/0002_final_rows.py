from django.db import migrations

from projects.immutable import FUNCTION, freeze


class Migration(migrations.Migration):
    dependencies = [("projects", "0001_initial")]

    operations = [
        FUNCTION,
        freeze("projects_auditevent"),
    ]
