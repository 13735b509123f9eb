"""What a person says the columns of real tables are, by type; column names stand between bars.

Written from the columns' names, their documentation and a look at their values, before the typer saw them. What
several answers would be right for follows these lines: whole numbers are Integral, measured or counted, unless they
name things (Category); any two values are Binary, and so is a constant that answers a question with "No"; a name
of the row itself is an Id; one coordinate alone is Real; a place that is named by a code is still the place.
"""

from __future__ import annotations

# The tables of TILTYARD_DATA.
SHARED: dict[str, dict[str, str]] = {
    "titanic.csv": {
        "Id": "PassengerId | Ticket",
        "Binary": "Survived | Sex",
        "Category": "Pclass | Cabin | Embarked",
        "Text": "Name",
        "Real": "Age",
        "Integral": "SibSp | Parch",
        "Currency": "Fare",
    },
    "iris.data": {
        "Real": "_c0 | _c1 | _c2 | _c3",
        "Category": "_c4",
    },
    "ames_housing.csv.gz": {
        "Category": (
            "MS_SubClass | MS_Zoning | Alley | Lot_Shape | Land_Contour | Utilities | Lot_Config | "
            "Land_Slope | Neighborhood | Condition_1 | Condition_2 | Bldg_Type | House_Style | "
            "Overall_Cond | Roof_Style | Roof_Matl | Exterior_1st | Exterior_2nd | Mas_Vnr_Type | "
            "Exter_Cond | Foundation | Bsmt_Cond | Bsmt_Exposure | BsmtFin_Type_1 | BsmtFin_Type_2 | "
            "Heating | Heating_QC | Electrical | Functional | Garage_Type | Garage_Finish | "
            "Garage_Cond | Paved_Drive | Pool_QC | Fence | Misc_Feature | Sale_Type | "
            "Sale_Condition"
        ),
        "Binary": "Street | Central_Air",
        "Integral": (
            "Lot_Frontage | Lot_Area | Year_Built | Year_Remod_Add | Mas_Vnr_Area | BsmtFin_SF_1 | "
            "BsmtFin_SF_2 | Bsmt_Unf_SF | Total_Bsmt_SF | First_Flr_SF | Second_Flr_SF | "
            "Gr_Liv_Area | Bsmt_Full_Bath | Bsmt_Half_Bath | Full_Bath | Half_Bath | Bedroom_AbvGr | "
            "Kitchen_AbvGr | TotRms_AbvGrd | Fireplaces | Garage_Cars | Garage_Area | Wood_Deck_SF | "
            "Open_Porch_SF | Enclosed_Porch | Three_season_porch | Screen_Porch | Pool_Area | "
            "Mo_Sold | Year_Sold"
        ),
        "Currency": "Misc_Val | Sale_Price",
        "Real": "Longitude | Latitude",
    },
    "car_evaluation.csv.gz": {
        "Category": "buying | maint | doors | persons | lug_boot | safety | class",
    },
    "telco_churn.csv.gz": {
        "Id": "customerID",
        "Binary": ("gender | SeniorCitizen | Partner | Dependents | PhoneService | PaperlessBilling | Churn"),
        "Integral": "tenure",
        "Category": (
            "MultipleLines | InternetService | OnlineSecurity | OnlineBackup | DeviceProtection | "
            "TechSupport | StreamingTV | StreamingMovies | Contract | PaymentMethod"
        ),
        "Currency": "MonthlyCharges | TotalCharges",
    },
    "leads_x_education.csv.gz": {
        "Id": "Prospect ID | Lead Number",
        "Category": (
            "Lead Origin | Lead Source | Last Activity | Specialization | "
            "How did you hear about X Education | What is your current occupation | "
            "What matters most to you in choosing a course | Tags | Lead Quality | Lead Profile | "
            "Asymmetrique Activity Index | Asymmetrique Profile Index | Last Notable Activity"
        ),
        "Binary": (
            "Do Not Email | Do Not Call | Converted | Search | Magazine | Newspaper Article | "
            "X Education Forums | Newspaper | Digital Advertisement | Through Recommendations | "
            "Receive More Updates About Our Courses | Update me on Supply Chain Content | "
            "Get updates on DM Content | I agree to pay the amount through cheque | "
            "A free copy of Mastering The Interview"
        ),
        "Integral": (
            "TotalVisits | Total Time Spent on Website | Asymmetrique Activity Score | "
            "Asymmetrique Profile Score"
        ),
        "Real": "Page Views Per Visit",
        "Country": "Country",
        "City": "City",
    },
    "hotel_bookings.csv.gz": {
        "Binary": "hotel | is_canceled | is_repeated_guest",
        "Integral": (
            "lead_time | arrival_date_year | arrival_date_week_number | arrival_date_day_of_month | "
            "stays_in_weekend_nights | stays_in_week_nights | adults | children | babies | "
            "previous_cancellations | previous_bookings_not_canceled | booking_changes | "
            "days_in_waiting_list | required_car_parking_spaces | total_of_special_requests"
        ),
        "Category": (
            "arrival_date_month | meal | market_segment | distribution_channel | reserved_room_type | "
            "assigned_room_type | deposit_type | agent | company | customer_type | "
            "reservation_status"
        ),
        "Country": "country",
        "Currency": "adr",
        "Date": "reservation_status_date",
    },
    "nycflights13.csv.gz": {
        "Integral": (
            "year | month | day | dep_time | dep_delay | arr_time | arr_delay | air_time | distance | "
            "hour | minute"
        ),
        "Category": "carrier | tailnum | flight | origin | dest",
        "Binary": "arr_del15",
    },
    "womens_clothing_reviews.csv.gz": {
        "Id": "_c0",
        "Category": "Clothing ID | Division Name | Department Name | Class Name",
        "Integral": "Age | Rating | Positive Feedback Count",
        "Text": "Title | Review Text",
        "Binary": "Recommended IND",
    },
}

# Tables that come with installed packages; no rule was made for them.
HELD_OUT: dict[str, dict[str, str]] = {
    "nycflights13/data/airlines.csv": {
        "Id": "carrier",
        "Company": "name",
    },
    "nycflights13/data/airports.csv": {
        "Id": "faa",
        "Text": "name",
        "Real": "lat | lon",
        "Integral": "alt | tz",
        "Category": "dst | tzone",
    },
    "nycflights13/data/planes.csv": {
        "Id": "tailnum",
        "Integral": "year | engines | seats | speed",
        "Category": "type | manufacturer | model | engine",
    },
    "nycflights13/data/weather.csv": {
        "Category": "origin",
        "Integral": "year | month | day | hour | wind_dir",
        "Real": "temp | dewp | wind_speed | wind_gust | precip | pressure | visib",
        "Percent": "humid",
        "Timestamp": "time_hour",
    },
    "plotly/package_data/datasets/carshare.csv.gz": {
        "Real": "centroid_lat | centroid_lon | car_hours",
        "Integral": "peak_hour",
    },
    "plotly/package_data/datasets/election.csv.gz": {
        "Id": "district | district_id",
        "Integral": "Coderre | Bergeron | Joly | total",
        "Category": "winner",
        "Binary": "result",
    },
    "plotly/package_data/datasets/experiment.csv.gz": {
        "Real": "experiment_1 | experiment_2 | experiment_3",
        "Binary": "gender | group",
    },
    "plotly/package_data/datasets/gapminder.csv.gz": {
        "Country": "country | iso_alpha | iso_num",
        "Category": "continent",
        "Integral": "year | pop",
        "Real": "lifeExp | centroid_lon | centroid_lat",
        "Currency": "gdpPercap",
    },
    "plotly/package_data/datasets/medals.csv.gz": {
        "Country": "nation",
        "Integral": "gold | silver | bronze",
    },
    "plotly/package_data/datasets/stocks.csv.gz": {
        "Date": "date",
        "Real": "GOOG | AAPL | AMZN | FB | NFLX | MSFT",
    },
    "plotly/package_data/datasets/tips.csv.gz": {
        "Currency": "total_bill | tip",
        "Binary": "sex | smoker | time",
        "Category": "day",
        "Integral": "size",
    },
    "plotly/package_data/datasets/wind.csv.gz": {
        "Category": "direction | strength",
        "Real": "frequency",
    },
}


def labels(table: dict[str, str]) -> dict[str, str]:
    """Type by column."""
    return {name: kind for kind, names in table.items() for name in names.split(" | ")}
