import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('files', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='storedfile',
            name='original_size',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='storedfile',
            name='original_sm3',
            field=models.CharField(default='', max_length=64),
        ),
        migrations.AddField(
            model_name='storedfile',
            name='pages',
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name='storedfile',
            name='scan_detail',
            field=models.CharField(default='', max_length=100),
        ),
        migrations.AddField(
            model_name='storedfile',
            name='scan_state',
            field=models.CharField(choices=[('NOT_SCANNED', '未经病毒扫描'), ('CLEAN', '病毒扫描通过'), ('MADE_HERE', '系统生成'), ('INFECTED', '发现病毒，已隔离')], db_index=True, default='NOT_SCANNED', max_length=12),
        ),
        migrations.AddField(
            model_name='storedfile',
            name='scanned_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('subject', models.CharField(max_length=80)),
                ('purpose', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=255)),
                ('size', models.BigIntegerField()),
                ('allowed', models.JSONField()),
                ('received', models.BigIntegerField(default=0)),
                ('state', models.CharField(choices=[('OPEN', '上传中'), ('CHECKING', '正在检查文件'), ('WAITING_SCAN', '等待病毒扫描'), ('DONE', '已接收'), ('REFUSED', '未接收')], default='OPEN', max_length=12)),
                ('refusal', models.JSONField(null=True)),
                ('begun_at', models.DateTimeField()),
                ('touched_at', models.DateTimeField(db_index=True)),
                ('file', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='files.storedfile')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uploads', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'files_upload',
                'ordering': ['begun_at'],
            },
        ),
    ]
