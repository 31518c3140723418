"""The programming interface for payees: JSON over HTTP, as one handler without a framework.

``smartid.web.asgi.asgi_app(api.handle)`` makes an ASGI application of it. A payee shows his key as
``Authorization: Bearer sk_…`` and sees his own payments only. Every POST carries an ``Idempotency-Key``.
"""

from __future__ import annotations

from typing import Any, TypeVar

from smartid.errors import EncodingError, Refused, ServiceError
from smartid.services.journal.journal import Journal
from smartid.services.purchase import bodies
from smartid.services.purchase.bodies import read_body
from smartid.services.purchase.events import summary
from smartid.services.purchase.evidence import evidence_of
from smartid.services.purchase.idempotency import Requests
from smartid.services.purchase.openapi import document
from smartid.services.purchase.problems import answer, problem
from smartid.services.purchase.routes import Call, Route, matches
from smartid.services.purchase.service import Purchases
from smartid.services.purchase.standing import Mandates
from smartid.services.purchase.values import Capture, Intent, Mandate, Payee, require_text
from smartid.services.purchase.wire import read_authorization, read_base64
from smartid.services.reasons import Reason
from smartid.services.spine.values import Case, Prepared
from smartid.web.http import MAX_BODY, NO_STORE, Request, Response

Asked = TypeVar("Asked", Intent, Mandate)


class PurchaseAPI:
    """Answers requests of payees."""

    def __init__(self, purchases: Purchases, mandates: Mandates, journal: Journal) -> None:
        self._purchases = purchases
        self._mandates = mandates
        self._journal = journal
        self._requests = Requests(purchases.book, lambda: purchases.now)
        self.routes = self._routes()
        self._document = document(self.routes)

    def _routes(self) -> tuple[Route, ...]:
        intents, mandates, payments = "/intents/{id}", "/mandates/{id}", "/payments/{id}"
        return (
            Route("POST", "/intents", bodies.INTENT, "Ask for a payment", self._ask),
            Route("GET", intents, {}, "Say how an intent stands", self._intent),
            Route("POST", f"{intents}/prepare", bodies.PREPARE, "Offer it to a holder", self._prepare),
            Route("POST", f"{intents}/authorise", bodies.AGREEMENT, "Take his agreement", self._authorise),
            Route("POST", f"{intents}/capture", bodies.CAPTURE, "Take what is held", self._capture),
            Route("POST", f"{intents}/void", bodies.NOTHING, "Let go what is held", self._void),
            Route("POST", f"{intents}/refunds", bodies.REFUND, "Give back", self._refund_intent),
            Route("GET", payments, {}, "Say how a payment stands", self._payment),
            Route("POST", f"{payments}/refunds", bodies.REFUND, "Give back", self._refund),
            Route("POST", f"{payments}/disputes", bodies.DISPUTE, "Open a dispute", self._dispute),
            Route("GET", f"{payments}/evidence", {}, "Give all that proves a payment", self._evidence),
            Route("POST", "/mandates", bodies.MANDATE, "Ask for a standing mandate", self._ask_mandate),
            Route("GET", mandates, {}, "Say how a mandate stands", self._mandate),
            Route(
                "POST", f"{mandates}/prepare", bodies.PREPARE, "Offer it to a holder", self._prepare_mandate
            ),
            Route(
                "POST", f"{mandates}/authorise", bodies.AGREEMENT, "Take his agreement", self._sign_mandate
            ),
            Route("POST", f"{mandates}/draws", bodies.DRAW, "Take a part", self._draw),
            Route("POST", f"{mandates}/revoke", bodies.NOTHING, "End it", self._revoke),
        )

    def handle(self, request: Request) -> Response:
        """Answer a request; every error is a problem of RFC 9457."""
        try:
            return self._answer(request).having(("x-content-type-options", "nosniff"))
        except (ServiceError, EncodingError) as error:
            return problem(error, now=self._purchases.now)

    def _answer(self, request: Request) -> Response:
        if request.path == "/openapi.json" and request.method == "GET":
            return Response.json(self._document)
        if len(request.body) > MAX_BODY:
            return answer(413, Reason.INVALID_REQUEST, f"A body has at most {MAX_BODY} bytes.")
        found = [route for route in self.routes if matches(route.path, request.path)]
        if not found:
            return answer(404, Reason.UNKNOWN_CASE, "There is nothing at this path.")
        route = next((each for each in found if each.method == request.method), None)
        if route is None:
            allowed = ", ".join(each.method for each in found)
            return answer(405, Reason.INVALID_REQUEST, "Not with this method.").having(("allow", allowed))
        payee = self._known(request)
        if payee is None:
            refused = answer(401, Reason.NEEDS_CONSENT, "A key is needed: Authorization: Bearer sk_…")
            return refused.having(("www-authenticate", 'Bearer realm="purchase"'))
        return self._let_in(route, request, payee)

    def _let_in(self, route: Route, request: Request, payee: Payee) -> Response:
        parts = request.path.split("/")
        id_ = parts[2] if len(parts) > 2 else ""
        if route.method == "GET":
            return route.work(Call(payee=payee, id=id_, key="", members={}))

        def work(key: str) -> Response:
            try:
                members = read_body(route.body, request.body)
                return route.work(Call(payee=payee, id=id_, key=key, members=members))
            except (ServiceError, EncodingError) as error:
                return problem(error, now=self._purchases.now)

        return self._requests.once(payee.id, request, work)

    def _known(self, request: Request) -> Payee | None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        return self._purchases.store.payee_of(key.strip()) if scheme.lower() == "bearer" else None

    def _ask(self, call: Call) -> Response:
        members = call.members
        capture = members.get("capture", Capture.NOW)
        intent = self._purchases.ask(
            call.payee.id, members["amount"], members["order"], key=call.key, capture=capture
        )
        return Response.json(self._shown(intent), 201).having(("location", f"/intents/{intent.id}"))

    def _intent(self, call: Call) -> Response:
        return Response.json(self._shown(self._own_intent(call)))

    def _prepare(self, call: Call) -> Response:
        intent = self._own_intent(call)
        parts = intent.capture is Capture.PARTS
        prepare = self._mandates.prepare if parts else self._purchases.prepare
        return _offer(prepare(intent.id, _certificate(call), lang=call.members.get("lang", "fa")))

    def _authorise(self, call: Call) -> Response:
        intent = self._own_intent(call)
        agreed = read_authorization(call.members)
        if intent.capture is Capture.PARTS:
            self._mandates.confirm(intent.id, agreed)
        else:
            self._purchases.authorise(intent.id, agreed)
        return Response.json(self._shown(intent))

    def _capture(self, call: Call) -> Response:
        intent = self._own_intent(call)
        if intent.capture is Capture.PARTS:
            amount = call.members.get("amount") or self._mandates.left(intent.id)
            return _paid(self._mandates.draw(intent.id, amount, intent.order, key=call.key))
        self._purchases.capture(intent.id, call.members.get("amount"))
        return Response.json(self._shown(intent))

    def _void(self, call: Call) -> Response:
        intent = self._own_intent(call)
        if intent.capture is Capture.PARTS:
            self._mandates.revoke(intent.id)
        else:
            self._purchases.void(intent.id)
        return Response.json(self._shown(intent))

    def _refund_intent(self, call: Call) -> Response:
        intent = self._own_intent(call)
        case = self._purchases.case_of(intent.id)
        if case is None:
            raise Refused("Nothing was paid for this intent.", reason=Reason.WRONG_STATE)
        return self._refunded(case, call)

    def _payment(self, call: Call) -> Response:
        return _paid(self._own_case(call))

    def _refund(self, call: Call) -> Response:
        return self._refunded(self._own_case(call), call)

    def _dispute(self, call: Call) -> Response:
        case = self._own_case(call)
        self._purchases.desk.dispute(case.id, why=require_text("why", call.members["why"]))
        return _paid(self._purchases.desk.case(case.id))

    def _evidence(self, call: Call) -> Response:
        data = evidence_of(self._purchases, self._journal, self._own_case(call).id)
        return Response(body=data, headers=(("content-type", "application/json"), NO_STORE))

    def _ask_mandate(self, call: Call) -> Response:
        mandate = self._mandates.ask(call.payee.id, **call.members, key=call.key)
        return Response.json(self._mandate_shown(mandate), 201).having(
            ("location", f"/mandates/{mandate.id}")
        )

    def _mandate(self, call: Call) -> Response:
        return Response.json(self._mandate_shown(self._own_mandate(call)))

    def _prepare_mandate(self, call: Call) -> Response:
        mandate = self._own_mandate(call)
        lang = call.members.get("lang", "fa")
        return _offer(self._mandates.prepare(mandate.id, _certificate(call), lang=lang))

    def _sign_mandate(self, call: Call) -> Response:
        mandate = self._own_mandate(call)
        self._mandates.confirm(mandate.id, read_authorization(call.members))
        return Response.json(self._mandate_shown(self._own_mandate(call)))

    def _draw(self, call: Call) -> Response:
        mandate = self._own_mandate(call)
        return _paid(self._mandates.draw(mandate.id, **call.members, key=call.key))

    def _revoke(self, call: Call) -> Response:
        return Response.json(self._mandate_shown(self._mandates.revoke(self._own_mandate(call).id)))

    def _refunded(self, case: Case, call: Call) -> Response:
        self._purchases.refund(case.id, call.members["amount"], key=call.key)
        return _paid(self._purchases.desk.case(case.id))

    def _own_intent(self, call: Call) -> Intent:
        return _own(self._purchases.store.intent(call.id), call)

    def _own_mandate(self, call: Call) -> Mandate:
        return _own(self._purchases.store.mandate(call.id), call)

    def _own_case(self, call: Call) -> Case:
        case = self._purchases.desk.case(call.id)
        if case.terms.payee != call.payee.id:
            raise _foreign()
        return case

    def _shown(self, intent: Intent) -> dict[str, Any]:
        case = self._purchases.case_of(intent.id) or self._purchases.desk.find(f"mandate/{intent.id}")
        return {
            "id": intent.id,
            "amount": intent.amount,
            "unit": "IRR",
            "order": intent.order,
            "capture": intent.capture.value,
            "expires": intent.expires.isoformat(),
            "state": case.state.value if case else "quoted",
            "payment": summary(case) if case else None,
        }

    def _mandate_shown(self, mandate: Mandate) -> dict[str, Any]:
        shown = {name: value for name, value in mandate.as_dict().items() if name not in {"case", "payee"}}
        left = self._mandates.left(mandate.id) if mandate.case else 0
        return {"id": mandate.id, **shown, "signed": bool(mandate.case), "left": left}


def _own(found: Asked, call: Call) -> Asked:
    if found.payee != call.payee.id:
        raise _foreign()
    return found


def _foreign() -> Refused:
    """What belongs to another payee is not there, as far as this one can see."""
    return Refused("There is nothing of this name.", reason=Reason.UNKNOWN_CASE)


def _certificate(call: Call) -> bytes:
    return read_base64("certificate", call.members["certificate"])


def _offer(prepared: Prepared) -> Response:
    sentence = prepared.terms.sentence(prepared.lang)
    body = prepared.transaction.encode().decode()
    expires = prepared.transaction.expires_at.isoformat()
    return Response.json(
        {"transaction": body, "sentence": sentence, "lang": prepared.lang, "expires": expires}
    )


def _paid(case: Case) -> Response:
    return Response.json(summary(case))
