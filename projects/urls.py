from django.contrib.auth.views import LogoutView
from django.urls import path

from projects import project_views, views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", views.PasswordChange.as_view(), name="password-change"),
    path("tokens/", views.own_tokens, name="tokens"),
    path("tokens/<int:pk>/revoke/", views.revoke_token, name="token-revoke"),
    path("projects/new/", project_views.new_project, name="project-new"),
    path("projects/<slug:slug>/members/", project_views.members, name="members"),
    path("projects/<slug:slug>/members/invite/", project_views.invite_person, name="member-invite"),
    path(
        "projects/<slug:slug>/members/<int:pk>/role/",
        project_views.member_role,
        name="member-role",
    ),
    path(
        "projects/<slug:slug>/members/<int:pk>/remove/",
        project_views.remove_member,
        name="member-remove",
    ),
    path("projects/<slug:slug>/settings/", project_views.project_settings, name="project-settings"),
]
