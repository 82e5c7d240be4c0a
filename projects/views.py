"""A person's own pages: signing in, password, API tokens. And whether we are up."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects import readiness, tokens
from projects.access import person
from projects.bodies import unreadable
from projects.errors import InvalidInput, NotFound
from projects.models import ApiToken
from projects.sign_in import MINUTES, TOO_MANY, SignInForm


class SignIn(LoginView):
    template_name = "registration/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        response = super().form_invalid(form)  # type: ignore[arg-type]
        response.status_code = 400
        if form.has_error("__all__", code=TOO_MANY):
            response.status_code = 429
            response["Retry-After"] = str(MINUTES * 60)
        return response


class PasswordChange(PasswordChangeView):
    template_name = "registration/password_change.html"
    success_url = reverse_lazy("home")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, "Your password is changed.")
        return super().form_valid(form)

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        response = super().form_invalid(form)  # type: ignore[arg-type]
        response.status_code = 400
        return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A body that could not be read, said in words; it must not be read again here."""
    refused = unreadable(exception)
    if refused is None:
        return render(request, "400.html", status=400)
    return render(request, "errors/refused.html", {"error": refused}, status=refused.status)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "alive"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    states = readiness.states()
    is_ready = all(state == readiness.OK for state in states.values())
    body = {"status": "ready" if is_ready else "not ready", "checks": states}
    return JsonResponse(body, status=200 if is_ready else 503)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own_tokens(request: HttpRequest) -> HttpResponse:
    user = person(request)
    text, rule, name = "", "", request.POST.get("name", "")
    if request.method == "POST":
        try:
            _, text = tokens.create(by=user, name=name)
            name = ""
        except InvalidInput as error:
            rule = error.problems[0].rule
    context = {
        "tokens": user.api_tokens.filter(revoked_at=None).order_by("-created_at", "-pk"),
        "new_token": text,
        "name": name,
        "rule": rule,
    }
    return render(request, "projects/tokens.html", context, status=400 if rule else 200)


@login_required
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    user = person(request)
    token = ApiToken.objects.filter(pk=pk, user=user).first()
    if token is None:
        raise NotFound("There is no such token of yours.")
    tokens.revoke(by=user, token=token)
    messages.success(request, f"The token “{token.name}” is revoked.")
    return redirect("tokens")
