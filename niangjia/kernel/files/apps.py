from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "niangjia.kernel.files"
    label = "files"
    verbose_name = "文件"
