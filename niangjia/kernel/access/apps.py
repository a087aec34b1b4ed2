from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "niangjia.kernel.access"
    label = "access"
    verbose_name = "权限"

    def ready(self) -> None:
        from niangjia.kernel.access.labels import register_rights
        from niangjia.kernel.access.log_ins import LogIn
        from niangjia.kernel.access.permissions import Permission
        from niangjia.kernel.audit.labels import register_labels

        register_rights(
            "权限",
            {
                Permission.OFFICER_VIEW: "查看干部",
                Permission.OFFICER_APPOINT: "任命干部",
                Permission.AUDIT_VIEW: "查看审计日志",
            },
        )
        register_labels(
            {
                "access.user.created": "开通账号",
                "access.user.invited": "发出邀请",
                "access.user.unlocked": "解除锁定",
                "access.user.closed": "停用账号",
                "access.user.password_changed": "修改密码",
                "access.user.second_step_added": "开启两步验证",
                "access.user.second_step_removed": "关闭两步验证",
                "access.user.second_step_reset": "重置两步验证",
                "access.user.recovery_codes_renewed": "更换恢复码",
                "access.user.revealed": "查看手机号",
                "access.invitation.accepted": "接受邀请并设置密码",
                "access.grant.given": "任命",
                "access.grant.changed": "调整任期",
                "access.grant.ended": "免去岗位",
                "access.grant.handed_over": "离任交接",
            }
        )
        register_labels({step.value: step.label for step in LogIn})
