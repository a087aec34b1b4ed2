from django.urls import URLPattern, path

from niangjia.modules.members.web import members, memberships, work_places

app_name = "members"
urlpatterns: list[URLPattern] = [
    path("members/", members.member_list, name="member_list"),
    path("members/add/", members.member_add, name="member_add"),
    path("members/document/", members.document_check, name="document_check"),
    path("members/keep/", memberships.members_keep, name="members_keep"),
    path("members/leave/", memberships.members_leave, name="members_leave"),
    path("members/options/", members.person_options, name="person_options"),
    path("members/resume/", memberships.members_resume, name="members_resume"),
    path("members/tags/", memberships.members_tag, name="members_tag"),
    path("members/transfer/", memberships.members_transfer, name="members_transfer"),
    path("members/unions/", members.union_options, name="union_options"),
    path("members/<int:pk>/", members.member, name="member"),
    path("members/<int:pk>/document/", members.person_document, name="person_document"),
    path("members/<int:pk>/edit/", members.person_edit, name="person_edit"),
    path("members/<int:pk>/rename/", members.person_rename, name="person_rename"),
    path("members/<int:pk>/reveal/<slug:field>/", members.person_reveal, name="person_reveal"),
    path("memberships/<int:pk>/change/", memberships.membership_change, name="membership_change"),
    path("memberships/<int:pk>/edit/", memberships.membership_edit, name="membership_edit"),
    path("memberships/<int:pk>/transfer/", memberships.membership_transfer, name="membership_transfer"),
    path("organisations/<int:pk>/members/", members.organisation_members, name="organisation_members"),
    path("organisations/<int:pk>/members/confirm/", members.register_confirm, name="register_confirm"),
    path("work-places/", work_places.work_places, name="work_places"),
    path("work-places/platforms/add/", work_places.platform_add, name="platform_add"),
    path("work-places/sites/", work_places.delivery_site_options, name="delivery_site_options"),
    path("work-places/sites/add/", work_places.delivery_site_add, name="delivery_site_add"),
]
