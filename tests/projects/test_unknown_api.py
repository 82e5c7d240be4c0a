from django.test import Client


def test_an_unknown_address_of_the_api_is_a_problem_not_a_page(client: Client) -> None:
    response = client.get("/api/v1/nothing/here")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["title"] == "There is nothing here."
