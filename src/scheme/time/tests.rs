use super::*;

#[track_caller]
fn check(unit: TimeUnit, text: &str, want: Option<i64>) {
    let got = unit.parse(text).map(Timestamp::unix_micros);
    assert_eq!(got, want, "{unit:?} {text:?}");
}

#[test]
fn a_digit_is_one_of_ten_characters_wherever_it_stands() {
    for (unit, len) in [
        (TimeUnit::UnixSeconds, 10),
        (TimeUnit::UnixMillis, 13),
        (TimeUnit::UnixMicros, 16),
    ] {
        for at in 0..len {
            for c in 0..=255 {
                let mut text = vec![b'1'; len];
                *text.get_mut(at).expect("inside") = c;
                let is_digit = c.is_ascii_digit() && (at > 0 || c != b'0');
                let read = unit.parse_bytes(&text);
                assert_eq!(read.is_some(), is_digit, "{unit:?} {c} at {at}");
            }
        }
    }
}

#[test]
fn unix_times_have_one_spelling() {
    check(
        TimeUnit::UnixSeconds,
        "1614265330",
        Some(1_614_265_330_000_000),
    );
    check(
        TimeUnit::UnixMillis,
        "1614265330123",
        Some(1_614_265_330_123_000),
    );
    check(
        TimeUnit::UnixMicros,
        "1614265330123456",
        Some(1_614_265_330_123_456),
    );
    for text in [
        "",
        "0",
        "-1",
        "+1614265330",
        " 1614265330",
        "1614265330 ",
        "01614265330",
        "161426533:",
        "161426533/",
        "0161426533",
        "161426533",
        "16142653300",
        "1e9",
        "0x60379a72",
        "1614265.30",
        "١٦١٤٢٦٥٣٣٠",
        "NaN",
        "-9223372036854775808",
        "9223372036854775807",
        "18446744073709551615",
    ] {
        check(TimeUnit::UnixSeconds, text, None);
    }
    check(TimeUnit::UnixSeconds, &"9".repeat(400), None);
    check(TimeUnit::UnixMillis, "1614265330", None);
    let either = TimeUnit::UnixSecondsOrMillis;
    check(either, "1614265330", Some(1_614_265_330_000_000));
    check(either, "1614265330123", Some(1_614_265_330_123_000));
    for text in [
        "16142653301",
        "161426533012",
        "16142653301234",
        "0614265330",
        "",
    ] {
        check(either, text, None);
    }
}

#[test]
fn calendar_times_are_read_with_offset_and_fraction() {
    check(
        TimeUnit::Rfc3339,
        "2021-02-25T15:02:10Z",
        Some(1_614_265_330_000_000),
    );
    check(
        TimeUnit::Rfc3339,
        "2021-02-25T08:02:10.5-07:00",
        Some(1_614_265_330_500_000),
    );
    check(
        TimeUnit::Rfc3339,
        "2021-02-25T15:02:10.123456789Z",
        Some(1_614_265_330_123_456),
    );
    for text in [
        "2021-02-25",
        "2021-02-25T15:02:10",
        "2021-02-25 15:02:10Z",
        "2021-02-25t15:02:10z",
        "2021-02-30T15:02:10Z",
        "2021-02-25T24:02:10Z",
        "2021-02-25T15:02:60Z",
        "2021-02-25T15:02:10.Z",
        "2021-02-25T15:02:10.1234567890Z",
        "2021-02-25T15:02:10+0700",
        "2021-02-25T15:02:10Z ",
        "2021-02-25T15:60:10Z",
        "2021-02-29T15:02:10Z",
        "2100-02-29T15:02:10Z",
        "2021-04-31T15:02:10Z",
        "2021-13-01T15:02:10Z",
        "2021-01-00T15:02:10Z",
        "2021-02-25T15:02:10+24:00",
        "2021-02-25T15:02:10+00:60",
        "2021-02-25T15:02:10+24:60",
    ] {
        check(TimeUnit::Rfc3339, text, None);
    }
    // Leap years: every fourth one, and of the hundredth every fourth.
    for (text, day) in [
        ("1972-02-29T00:00:00Z", 789),
        ("1999-12-31T00:00:00Z", 10_956),
        ("2000-02-29T00:00:00Z", 11_016),
        ("2100-03-01T00:00:00Z", 47_541),
        ("1969-12-31T00:00:00Z", -1),
    ] {
        check(TimeUnit::Rfc3339, text, Some(day * 86_400_000_000));
    }
    check(
        TimeUnit::Rfc2822,
        "Thu, 25 Feb 2021 15:02:10 +0000",
        Some(1_614_265_330_000_000),
    );
    check(
        TimeUnit::Rfc2822,
        "Thu, 25 Feb 2021 15:02:10 GMT",
        Some(1_614_265_330_000_000),
    );
    check(
        TimeUnit::Rfc2822,
        "Thu, 25 Feb 2021 16:02:10 +0100",
        Some(1_614_265_330_000_000),
    );
    for text in [
        "Fri, 25 Feb 2021 15:02:10 GMT",
        "Thu, 25 Feb 2021 15:02:10",
        "25 Feb 2021 15:02:10 GMT",
        "Thu, 25 Feb 2021 15:02:10 +2400",
        "Thu, 25 Feb 2021 15:02:10 +0060",
        "Thu, 25 (c) Feb 2021 15:02:10 GMT",
    ] {
        check(TimeUnit::Rfc2822, text, None);
    }
}

#[test]
fn agrees_with_jiff_over_two_centuries() {
    use proptest::prelude::*;
    proptest!(|(seconds in 1_000_000_000_i64..7_258_118_400, offset in -86_340_i32..86_340)| {
        let offset = offset / 60 * 60;
        let time = jiff::Timestamp::from_second(seconds).expect("in range");
        let tz = jiff::tz::Offset::from_seconds(offset).expect("in range").to_time_zone();
        let zoned = time.to_zoned(tz);
        let rfc3339 = zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        let rfc2822 = zoned.strftime("%a, %d %b %Y %H:%M:%S %z").to_string();
        let want = Some(Timestamp::from_unix_seconds(seconds));
        prop_assert_eq!(TimeUnit::Rfc3339.parse(&rfc3339), want, "{}", rfc3339);
        prop_assert_eq!(TimeUnit::Rfc2822.parse(&rfc2822), want, "{}", rfc2822);
    });
}

#[test]
fn print_and_parse_are_inverse() {
    let time = Timestamp::from_unix_seconds(1_614_265_330);
    for unit in [
        TimeUnit::UnixSeconds,
        TimeUnit::UnixMillis,
        TimeUnit::UnixMicros,
        TimeUnit::UnixSecondsOrMillis,
        TimeUnit::Rfc3339,
        TimeUnit::Rfc2822,
    ] {
        assert_eq!(unit.parse(&unit.print(time)), Some(time), "{unit:?}");
    }
}
