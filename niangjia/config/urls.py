"""The addresses of the product. Each room has its own; this page only says where they begin."""

from django.urls import include, path

from niangjia.modules.exchange.web.api import api

handler404 = "niangjia.ui.middleware.not_found"
urlpatterns = [
    path("accounts/", include("niangjia.ui.account.urls")),
    path("accounts/invitation/", include("niangjia.modules.organisations.web.invitation")),
    path("desk/files/", include("niangjia.ui.downloads")),
    path("desk/", include("niangjia.engines.casework.web.urls")),
    path("desk/", include("niangjia.engines.imports.web.urls")),
    path("desk/", include("niangjia.engines.metrics.web.urls")),
    path("desk/", include("niangjia.engines.exports.web.urls")),
    path("desk/", include("niangjia.modules.organisations.web.urls")),
    path("desk/", include("niangjia.modules.members.web.urls")),
    path("desk/", include("niangjia.modules.demands.web.urls")),
    path("desk/", include("niangjia.modules.visits.web.urls")),
    path("desk/", include("niangjia.modules.exchange.web.urls")),
    path("desk/", include("niangjia.modules.insight.web.urls")),
    path("api/v1/", api.urls),
    path("proof/", include("niangjia.modules.members.web.proofs")),
    path("", include("niangjia.modules.members.web.phone.urls")),
    path("", include("niangjia.modules.demands.web.phone.urls")),
    path("", include("niangjia.modules.visits.web.phone.urls")),
    path("", include("niangjia.ui.phone.urls")),
    path("", include("niangjia.ui.urls")),
]
