from django.urls import path

from niangjia.modules.insight.web import demands

app_name = "insight"
urlpatterns = [path("insight/demands/", demands.demand_figures, name="demand_figures")]
