// The files that `lull new` writes; NAME stands for the ruleset's name.
#pragma once

namespace lull::tools {

struct NewFile {
  const char* name;
  const char* text;
};

inline constexpr NewFile kNewFiles[] = {
    {"NAME.lull",
     R"(# A ruleset to start from: customers who leave a cart. Change it piece by piece, and check after each:
#
#   lull check NAME                              finds mistakes, and says what to write instead
#   lull test NAME --coverage                    runs tests.lull, and says what no test has tried
#   lull run NAME --events NAME/events.jsonl     what would have been done with these events
#   lull fmt NAME                                puts the text in order
#
# All *.lull files of this folder belong to the ruleset. `dsl/LANGUAGE.md` explains every form.

ruleset NAME {
  title     "Carts that were left"
  zone      "UTC"
  currency  USD
  channels  call as task, email as message
}

# Who we watch. `by customer_id` is the field of an event that says whose event it is. What follows is what we
# keep of a customer; `activity` is what counts as a sign of life.
entity customer by customer_id {
  name       text = "the customer"
  opted_out  flag = no
  activity   cart_filled, order_placed
  forget     after 400 days quiet
}

# What happens to them. `sets` copies fields of the event to the customer.
event customer_updated of customer sets name, opted_out
event cart_filled      of customer { cart_id text, amount money }
event order_placed     of customer { cart_id text, amount money }

# What we know: values that rules can use by name.
feature last_cart  of customer = latest cart_filled
feature cart_worth of customer = last_cart.amount or else 0 USD

## The customer filled a cart and did not order it. (Two marks: this text is shown with what is declared.)
stall cart_left of customer {
  after    cart_filled no order_placed with same cart_id within 4 hours
  unless   opted_out
  because  "Left a cart of {cart_worth} four hours ago"
  because  "Has filled several carts this month"  when count of cart_filled in last 30 days >= 3
}

# Who can be asked to do something.
unit sales

# What to do about it. A nudge is due while its state lasts, once in each episode.
nudge remind_of_cart of customer {
  while  cart_left
  if     cart_worth < 500 USD
  do     email "Your cart is still here, {name}"
}

nudge call_about_cart of customer {
  while  cart_left
  if     cart_worth >= 500 USD
  do     call "Ask {name} what is missing"
  to     sales
  worth  cart_worth * 5%
}

## How much a customer should notice of us.
policy contact of customer {
  at most      2 nudges in 7 days
  quiet hours  20:00 to 08:00
}
)"},
    {"tests.lull",
     R"(# What we agreed on, as examples. They run with a clock of their own: `lull test NAME` takes no time.

test "a cart that is left earns a reminder after four hours" {
  customer "c-1" { name "Ada" }

  at 2026-03-02 09:00  cart_filled { cart_id "k-1", amount 120 USD }
  at +3h 59m           expect nothing
  at +4h               expect remind_of_cart text "Your cart is still here, Ada"
                       because "Left a cart of 120 USD four hours ago"
}

test "who orders in time, or has opted out, is left in peace" {
  customer "in time"
  customer "opted out" { opted_out yes }

  at 2026-03-02 09:00
    cart_filled of "in time" { cart_id "k-1", amount 120 USD }
    cart_filled of "opted out" { cart_id "k-2", amount 120 USD }
  at +2h      order_placed of "in time" { cart_id "k-1", amount 120 USD }
  at +2 days  expect nothing
}

test "a large cart earns a call, which an order takes back" {
  customer "c-1"

  at 2026-03-02 09:00  cart_filled { cart_id "k-1", amount 900 USD }
  at +4h               expect call_about_cart to sales worth 45 USD
  at +5h               order_placed { cart_id "k-1", amount 900 USD }
                       expect call_about_cart withdrawn, expect not cart_left
}

test "a call that nobody makes is dropped after 30 days" {
  customer "c-1"

  at 2026-03-02 09:00  cart_filled { cart_id "k-1", amount 900 USD }
  at +4h               expect call_about_cart
  at +30 days 4 hours  expect call_about_cart expired
}

test "nobody hears from us at night, or more than twice a week" {
  customer "small"
  customer "large"

  at 2026-03-02 18:00
    cart_filled of "small" { cart_id "k-1", amount 120 USD }
    cart_filled of "large" { cart_id "k-2", amount 900 USD }
  at +4h
    expect remind_of_cart of "small" waiting because quiet hours
    expect call_about_cart of "large" waiting because quiet hours
  at 2026-03-03 08:00
    expect remind_of_cart of "small"
    expect call_about_cart of "large"
  at 2026-03-03 09:00
    cart_filled of "small" { cart_id "k-3", amount 120 USD }
    cart_filled of "large" { cart_id "k-4", amount 900 USD }
    expect call_about_cart of "large" withdrawn
  at 2026-03-03 13:00
    expect remind_of_cart of "small"
    expect call_about_cart of "large"
  at 2026-03-04 09:00
    cart_filled of "small" { cart_id "k-5", amount 120 USD }
    cart_filled of "large" { cart_id "k-6", amount 900 USD }
    expect call_about_cart of "large" withdrawn
  at 2026-03-04 13:00
    expect remind_of_cart of "small" waiting because capped
    expect call_about_cart of "large" waiting because capped
  at 2026-03-10 08:00
    expect remind_of_cart of "small" because "Has filled several carts this month"
    expect call_about_cart of "large" because "Has filled several carts this month"
}
)"},
    {"events.jsonl",
     R"({"type":"customer_updated","time":"2026-03-02T09:00:00Z","customer_id":"c-1","name":"Ada"}
{"type":"cart_filled","time":"2026-03-02T09:05:00Z","customer_id":"c-1","cart_id":"k-1","amount":120}
{"type":"cart_filled","time":"2026-03-02T10:00:00Z","customer_id":"c-2","cart_id":"k-2","amount":80}
{"type":"order_placed","time":"2026-03-02T11:30:00Z","customer_id":"c-2","cart_id":"k-2","amount":80}
{"type":"cart_filled","time":"2026-03-02T12:00:00Z","customer_id":"c-3","cart_id":"k-3","amount":900}
{"type":"customer_updated","time":"2026-03-02T18:00:00Z","customer_id":"c-3","opted_out":false}
)"},
    {"README.md", R"(# NAME

Customers who fill a cart and do not order it hear from us four hours later: by e-mail, or by a call if the cart
is worth 500 USD or more. Nobody hears from us at night, or more than twice in seven days.

With the events of this folder (made up), one customer is reminded, one is called, and one has ordered in time:

```sh
lull check NAME
lull test NAME --coverage
lull run NAME --events NAME/events.jsonl
```

| file | holds |
|---|---|
| `NAME.lull` | the rules, with an explanation of each part |
| `tests.lull` | what was agreed on, as examples that are tried: who gets what, and when |
| `events.jsonl` | a few events, one JSON object a line |
)"},
};

}  // namespace lull::tools
