from django.db import migrations

from projects.immutable import freeze


class Migration(migrations.Migration):
    dependencies = [("labeling", "0002_initial"), ("projects", "0002_final_rows")]

    operations = [
        freeze("labeling_response"),
        freeze("labeling_demonstration"),
        freeze("labeling_comparison"),
        # Tasks are updated at every lease; room in the page keeps those updates off the indexes.
        migrations.RunSQL(
            "ALTER TABLE labeling_task SET (fillfactor = 85)",
            "ALTER TABLE labeling_task RESET (fillfactor)",
        ),
    ]
