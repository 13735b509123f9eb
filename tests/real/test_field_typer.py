"""FieldTyper on real tables: what a person would say of their columns."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tiltyard.transformers import FieldTyper

EXPECTED = {
    "titanic.csv": {
        "PassengerId": "Id", "Survived": "Binary", "Pclass": "Category", "Name": "Text", "Sex": "Binary",
        "Age": "Real", "SibSp": "Integral", "Ticket": "Id", "Fare": "Currency", "Embarked": "Category",
    },
    "telco_churn.csv.gz": {
        "customerID": "Id", "gender": "Binary", "SeniorCitizen": "Binary", "tenure": "Integral",
        "Contract": "Category", "MonthlyCharges": "Currency", "TotalCharges": "Currency", "Churn": "Binary",
    },
    "leads_x_education.csv.gz": {
        "Prospect ID": "Id", "Lead Number": "Id", "Lead Source": "Category", "Do Not Email": "Binary",
        "TotalVisits": "Integral", "Page Views Per Visit": "Real", "Country": "Country", "City": "City",
        "Specialization": "Category", "Magazine": "Binary", "Asymmetrique Activity Score": "Integral",
    },
    "hotel_bookings.csv.gz": {
        "hotel": "Binary", "lead_time": "Integral", "arrival_date_month": "Category", "country": "Country",
        "agent": "Category", "company": "Category", "adr": "Currency", "customer_type": "Category",
        "reservation_status_date": "Date", "is_repeated_guest": "Binary",
    },
    "nycflights13.csv.gz": {
        "carrier": "Category", "tailnum": "Category", "origin": "Category", "dest": "Category",
        "distance": "Integral", "arr_delay": "Integral", "arr_del15": "Binary",
    },
    "womens_clothing_reviews.csv.gz": {
        "Clothing ID": "Category", "Age": "Integral", "Title": "Text", "Review Text": "Text",
        "Recommended IND": "Binary", "Department Name": "Category", "Rating": "Integral",
    },
    "ames_housing.csv.gz": {
        "Lot_Area": "Integral", "Neighborhood": "Category", "Central_Air": "Binary", "Year_Built": "Integral",
        "MS_SubClass": "Category", "Sale_Price": "Currency", "Longitude": "Real", "Garage_Type": "Category",
    },
    "car_evaluation.csv.gz": {"buying": "Category", "doors": "Category", "class": "Category"},
}  # fmt: skip


@pytest.mark.parametrize("table", EXPECTED)
def test_types_are_those_a_person_would_give(spark: SparkSession, real_data: Path, table: str) -> None:
    frame = spark.read.csv(str(real_data / table), header=True, inferSchema=True, escape='"', multiLine=True)
    types = FieldTyper(inputCols=list(EXPECTED[table])).fit(frame).types
    assert types == EXPECTED[table]
