from django.urls import path

from niangjia.modules.exchange.web import pages

app_name = "exchange"
urlpatterns = [
    path("exchange/partners/", pages.partner_list, name="partner_list"),
    path("exchange/partners/add/", pages.partner_add, name="partner_add"),
    path("exchange/partners/<int:pk>/", pages.partner, name="partner"),
    path("exchange/partners/<int:pk>/edit/", pages.partner_edit, name="partner_edit"),
    path("exchange/partners/<int:pk>/renew/", pages.partner_renew, name="partner_renew"),
    path("exchange/partners/<int:pk>/retire/", pages.partner_retire, name="partner_retire"),
    path("exchange/deliveries/", pages.delivery_list, name="delivery_list"),
    path("exchange/deliveries/<int:pk>/", pages.delivery, name="delivery"),
    path("exchange/deliveries/<int:pk>/send/", pages.delivery_send, name="delivery_send"),
    path("exchange/api/", pages.api_description, name="api_description"),
    path("exchange/api/openapi.json", pages.api_schema, name="api_schema"),
]
