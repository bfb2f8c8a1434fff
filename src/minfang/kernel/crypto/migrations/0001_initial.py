from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name='CryptoKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(choices=[('field', '数据库敏感字段'), ('file', '上传与生成的文件'), ('derive', '校验码与索引（派生根）')], max_length=20)),
                ('active_for', models.CharField(max_length=20, null=True, unique=True)),
                ('algorithm', models.CharField(default='SM4-GCM', max_length=20)),
                ('wrapped', models.BinaryField(null=True)),
                ('wrapped_by', models.CharField(max_length=20)),
                ('check_value', models.CharField(max_length=16)),
                ('state', models.CharField(choices=[('ACTIVE', '使用中'), ('DECRYPT_ONLY', '仅解密'), ('DESTROYED', '已销毁')], default='ACTIVE', max_length=12)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.CharField(default='', max_length=50)),
                ('state_changed_at', models.DateTimeField()),
                ('state_changed_by', models.CharField(default='', max_length=50)),
                ('asked_at', models.DateTimeField(null=True, verbose_name='申请销毁时间')),
                ('asked_by_id', models.BigIntegerField(null=True)),
                ('asked_by', models.CharField(default='', max_length=50)),
                ('asked_reason', models.CharField(default='', max_length=500)),
            ],
            options={
                'db_table': 'crypto_key',
                'ordering': ['id'],
            },
        ),
    ]
