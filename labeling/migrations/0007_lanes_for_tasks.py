from django.db import migrations

from projects.immutable import freeze


class Migration(migrations.Migration):
    dependencies = [("labeling", "0006_workbench"), ("projects", "0002_final_rows")]

    operations = [
        # A cursor only saves walking; without one a labeler begins at the front once.
        migrations.RunSQL("DELETE FROM labeling_queuecursor", migrations.RunSQL.noop),
        migrations.RunSQL(
            """
            INSERT INTO labeling_lane (project_id, kind, priority, language, skills, is_gold)
            SELECT DISTINCT project_id, kind, 0, '', '{}'::varchar[], false FROM labeling_task
            """,
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            """
            UPDATE labeling_task task SET lane_id = lane.id FROM labeling_lane lane
            WHERE lane.project_id = task.project_id AND lane.kind = task.kind
            """,
            migrations.RunSQL.noop,
        ),
        freeze("labeling_ranking"),
        freeze("labeling_review"),
    ]
