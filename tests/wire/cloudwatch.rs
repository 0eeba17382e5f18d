//! `GetMetricData` through the whole router, in CBOR as the Rust SDK speaks it and in JSON as boto3 does.

use crate::face::{Site, at, stamp};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use invigilator::sandbox::wire::{DB_CLUSTER, GROUP, LOAD_BALANCER, TARGET_GROUP_ARN};
use minicbor::data::{IanaTag, Type};
use minicbor::{Decoder, Encoder};
use serde_json::{Map, Value, json};

const PATH: &str = "/service/GraniteServiceVersion20100801/operation/";

/// As the SDK writes it: structures without a length, and moments (the only numbers with a fraction) as tagged doubles.
fn encode(value: &Value, encoder: &mut Encoder<Vec<u8>>) {
    match value {
        Value::Object(members) => {
            encoder.begin_map().unwrap();
            for (name, value) in members {
                encoder.str(name).unwrap();
                encode(value, encoder);
            }
            encoder.end().unwrap();
        }
        Value::Array(items) => {
            encoder.array(items.len() as u64).unwrap();
            items.iter().for_each(|item| encode(item, encoder));
        }
        Value::String(text) => _ = encoder.str(text).unwrap(),
        Value::Bool(value) => _ = encoder.bool(*value).unwrap(),
        Value::Number(number) => match number.as_i64() {
            Some(number) => _ = encoder.i64(number).unwrap(),
            None => {
                _ = encoder.tag(IanaTag::Timestamp).unwrap().f64(number.as_f64().unwrap()).unwrap()
            }
        },
        Value::Null => _ = encoder.null().unwrap(),
    }
}

fn decode(decoder: &mut Decoder<'_>) -> Value {
    let kind = decoder.datatype().unwrap();
    if kind == Type::Map {
        let members = decoder.map().unwrap().unwrap();
        let member = |_| (decoder.str().unwrap().to_owned(), decode(decoder));
        Value::Object((0..members).map(member).collect::<Map<_, _>>())
    } else if kind == Type::Array {
        let items = decoder.array().unwrap().unwrap();
        Value::Array((0..items).map(|_| decode(decoder)).collect())
    } else if kind == Type::String {
        Value::from(decoder.str().unwrap())
    } else if kind == Type::Tag {
        assert_eq!(decoder.tag().unwrap(), IanaTag::Timestamp);
        json!({"moment": decoder.i64().unwrap()})
    } else {
        Value::from(decoder.f64().unwrap())
    }
}

async fn rpc(site: &Site, operation: &str, body: &Value) -> (StatusCode, HeaderMap, Value) {
    let mut encoder = Encoder::new(Vec::new());
    encode(body, &mut encoder);
    let request = Request::post(format!("{PATH}{operation}"))
        .header("content-type", "application/cbor")
        .header("smithy-protocol", "rpc-v2-cbor")
        .body(Body::from(encoder.into_writer()))
        .unwrap();
    let (head, body) = site.answer(request).await.into_parts();
    assert_eq!(head.headers["content-type"], "application/cbor");
    assert_eq!(head.headers["smithy-protocol"], "rpc-v2-cbor");
    assert!(head.headers.contains_key("x-amzn-requestid"));
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let mut decoder = Decoder::new(&bytes);
    let value = decode(&mut decoder);
    assert_eq!(decoder.position(), bytes.len());
    (head.status, head.headers, value)
}

fn metric(namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Value {
    let dimensions: Vec<_> =
        dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
    json!({"Namespace": namespace, "MetricName": name, "Dimensions": dimensions})
}

fn stat(id: &str, metric: &Value, statistic: &str, period: i64) -> Value {
    json!({"Id": id, "MetricStat": {"Metric": metric, "Period": period, "Stat": statistic}})
}

fn seconds(second: i64) -> f64 {
    // A fraction, so that it is written as a moment.
    at(second).timestamp() as f64 + 0.25
}

fn call(queries: &[Value], from: i64, to: i64) -> Value {
    json!({"MetricDataQueries": queries, "StartTime": seconds(from), "EndTime": seconds(to)})
}

async fn fine(site: &Site, body: &Value) -> Value {
    let (status, _, value) = rpc(site, "GetMetricData", body).await;
    assert_eq!(status, StatusCode::OK, "{value}");
    value
}

async fn refused(site: &Site, body: &Value) -> (StatusCode, String, String) {
    let (status, headers, value) = rpc(site, "GetMetricData", body).await;
    let error = headers["x-amzn-query-error"].to_str().unwrap().to_owned();
    (status, error, value["message"].as_str().unwrap().to_owned())
}

fn cpu() -> Value {
    metric("AWS/EC2", "CPUUtilization", &[("AutoScalingGroupName", GROUP)])
}

fn size(name: &str) -> Value {
    metric("AWS/AutoScaling", name, &[("AutoScalingGroupName", GROUP)])
}

fn connections(dimensions: &[(&str, &str)]) -> Value {
    metric("AWS/RDS", "DatabaseConnections", dimensions)
}

#[tokio::test]
async fn every_metric_of_the_account_has_a_value_a_minute() {
    let site = Site::new();
    site.on_group("UpdateAutoScalingGroup", &[("MinSize", "3")]).await.fine();
    site.advance(150);
    let target_group = TARGET_GROUP_ARN.rsplit(':').next().unwrap();
    let of_targets = [("TargetGroup", target_group), ("LoadBalancer", LOAD_BALANCER)];
    let requests = metric("AWS/ApplicationELB", "RequestCountPerTarget", &of_targets);
    let cluster = ("DBClusterIdentifier", DB_CLUSTER);
    let queries = [
        stat("cpu", &cpu(), "Average", 60),
        stat("requests", &requests, "Sum", 60),
        stat("desired", &size("GroupDesiredCapacity"), "Average", 60),
        stat("writer", &connections(&[("DBInstanceIdentifier", "moodle-db-1")]), "Maximum", 60),
        stat("reader", &connections(&[("DBInstanceIdentifier", "moodle-db-2")]), "Maximum", 60),
        stat("cluster", &connections(&[cluster]), "Average", 60),
        stat("by_role", &connections(&[("Role", "WRITER"), cluster]), "Maximum", 60),
    ];
    let told = fine(&site, &call(&queries, 0, 150)).await;
    let results = told["MetricDataResults"].as_array().unwrap();
    let moments = json!([{"moment": at(60).timestamp()}, {"moment": at(0).timestamp()}]);
    for result in results {
        assert_eq!((&result["StatusCode"], &result["Timestamps"]), (&json!("Complete"), &moments));
    }
    let value = |id: &str| {
        let result = results.iter().find(|result| result["Id"] == id).unwrap();
        result["Values"][1].as_f64().unwrap()
    };
    assert!((value("cpu") - 100.0 / 6.0).abs() < 1e-9, "percent: {}", value("cpu"));
    assert_eq!((value("requests"), value("desired")), (300.0, 3.0));
    assert!(0.0 < value("writer"));
    assert_eq!((value("reader"), value("by_role")), (0.0, value("writer")));
    assert_eq!(value("cluster"), value("writer") / 2.0, "over both members");
    assert_eq!(results[0]["Label"], "CPUUtilization");
}

#[tokio::test]
async fn the_start_counts_the_end_does_not_and_periods_are_whole() {
    let site = Site::new();
    site.advance(1_000);
    let moments = async |period, from, to| {
        let told = fine(&site, &call(&[stat("a", &cpu(), "Average", period)], from, to)).await;
        let moments = told["MetricDataResults"][0]["Timestamps"].as_array().unwrap().clone();
        let second = |moment: Value| moment["moment"].as_i64().unwrap() - at(0).timestamp();
        moments.into_iter().map(second).collect::<Vec<_>>()
    };
    assert_eq!(moments(60, 119, 180).await, [180, 120, 60], "the end has a fraction");
    assert_eq!(moments(60, 120, 179).await, [120]);
    assert_eq!(moments(60, 840, 9_000).await, [900, 840], "the minute under way is missing");
    assert_eq!(moments(300, 0, 9_000).await, [900, 600, 300, 0]);
    assert_eq!(moments(300, 60, 9_000).await, [900, 600, 300]);
    let mut to_the_second = call(&[stat("a", &cpu(), "Average", 60)], 60, 180);
    to_the_second["EndTime"] = json!(at(180).timestamp());
    let told = fine(&site, &to_the_second).await;
    let moments = [120, 60].map(|second| json!({"moment": at(second).timestamp()}));
    assert_eq!(told["MetricDataResults"][0]["Timestamps"], json!(moments));
    let ascending = json!({"ScanBy": "TimestampAscending"});
    let mut body = call(&[stat("a", &cpu(), "Average", 300)], 0, 9_000);
    body.as_object_mut().unwrap().extend(ascending.as_object().unwrap().clone());
    let told = fine(&site, &body).await;
    assert_eq!(told["MetricDataResults"][0]["Timestamps"][0]["moment"], at(0).timestamp());
}

#[tokio::test]
async fn a_metric_that_is_not_there_is_complete_and_empty() {
    let site = Site::new();
    site.advance(600);
    let mut of_another_unit = stat("d", &cpu(), "Average", 60);
    of_another_unit["MetricStat"]["Unit"] = json!("Count");
    let queries = [
        stat(
            "a",
            &metric("AWS/EC2", "CPUUtilization", &[("AutoScalingGroupName", "other")]),
            "p99",
            60,
        ),
        stat("b", &metric("AWS/EC2", "CPUUtilization", &[]), "Average", 60),
        stat("c", &size("GroupTotalCapacity"), "Average", 60),
        of_another_unit,
    ];
    let told = fine(&site, &call(&queries, 0, 600)).await;
    let results = told["MetricDataResults"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    for result in results {
        assert_eq!((&result["StatusCode"], &result["Values"]), (&json!("Complete"), &json!([])));
    }
}

#[tokio::test]
async fn pages_are_as_long_as_asked_and_later_minutes_do_not_shift_them() {
    let site = Site::new();
    site.advance(300);
    let queries = [stat("a", &cpu(), "Average", 60), stat("b", &size("GroupMinSize"), "Sum", 60)];
    let mut body = call(&queries, 0, 9_000);
    body["MaxDatapoints"] = json!(4);
    let mut read = Vec::new();
    let mut statuses = Vec::new();
    loop {
        let told = fine(&site, &body).await;
        for result in told["MetricDataResults"].as_array().unwrap() {
            statuses.push(result["StatusCode"].as_str().unwrap().to_owned());
            let moments = result["Timestamps"].as_array().unwrap().iter();
            read.extend(moments.map(|moment| (result["Id"].clone(), moment["moment"].clone())));
        }
        let Some(token) = told.get("NextToken") else { break };
        body["NextToken"] = token.clone();
        site.advance(60);
    }
    assert_eq!(statuses, ["PartialData", "Complete", "PartialData", "Complete"]);
    let minutes = [240, 180, 120, 60, 0].map(|second| json!(at(second).timestamp()));
    let wanted =
        ["a", "b"].into_iter().flat_map(|id| minutes.clone().map(|minute| (json!(id), minute)));
    assert_eq!(read, wanted.collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_refused_has_its_code_in_the_header_and_its_words_in_the_body() {
    let site = Site::new();
    let one = stat("a", &cpu(), "Average", 60);
    let (status, error, message) = refused(&site, &call(&vec![one.clone(); 501], 0, 60)).await;
    assert_eq!((status, &*error), (StatusCode::BAD_REQUEST, "ValidationError;Sender"));
    assert!(message.contains("must not have a size greater than 500"), "{message}");
    let twice = refused(&site, &call(&[one.clone(), one.clone()], 0, 60)).await;
    assert!(twice.2.contains("not unique: a"), "{twice:?}");
    for query in
        [stat("a", &cpu(), "Maximum", 60), json!({"Id": "a", "Expression": "SUM(METRICS())"})]
    {
        let (status, error, _) = refused(&site, &call(&[query], 0, 60)).await;
        assert_eq!((status, &*error), (StatusCode::NOT_IMPLEMENTED, "NotSimulated;Receiver"));
    }
    let (status, _, value) = rpc(&site, "DescribeAlarms", &json!({})).await;
    assert_eq!(status, StatusCode::NOT_IMPLEMENTED);
    assert!(value["message"].as_str().unwrap().contains("DescribeAlarms"), "{value}");
}

#[tokio::test]
async fn faults_hit_it_as_they_hit_the_others() {
    let site = Site::new();
    site.advance(300);
    let body = call(&[stat("a", &size("GroupMinSize"), "Average", 60)], 0, 9_000);
    site.break_down(json!([{"fault": "throttle", "service": "cloudwatch", "times": 1}])).await;
    let (status, headers, value) = rpc(&site, "GetMetricData", &body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(headers["x-amzn-query-error"], "Throttling;Sender");
    assert_eq!(value["__type"], "ThrottlingException");
    let count = async || {
        let told = fine(&site, &body).await;
        told["MetricDataResults"][0]["Values"].as_array().unwrap().len()
    };
    assert_eq!(count().await, 5);
    site.break_down(json!([{"fault": "stale", "seconds": 90, "until": stamp(400)}])).await;
    assert_eq!(count().await, 3);
    site.break_down(json!([{"fault": "empty", "operation": "GetMetricData"}])).await;
    assert_eq!(count().await, 0);
}

#[tokio::test]
async fn json_is_answered_in_json() {
    let site = Site::new();
    site.advance(120);
    let ask = async |operation: &str, body: String| {
        let request = Request::post("/")
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("GraniteServiceVersion20100801.{operation}"))
            .body(Body::from(body))
            .unwrap();
        let (head, body) = site.answer(request).await.into_parts();
        assert_eq!(head.headers["content-type"], "application/x-amz-json-1.0");
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        (head.status, head.headers, serde_json::from_slice::<Value>(&bytes).unwrap())
    };
    let body = call(&[stat("a", &size("GroupMinSize"), "Average", 60)], 0, 120);
    let (status, _, told) = ask("GetMetricData", body.to_string()).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(told["MetricDataResults"][0]["Timestamps"][0], at(60).timestamp());
    assert_eq!(told["MetricDataResults"][0]["Values"], json!([2.0, 2.0]));
    let (status, headers, told) = ask("GetMetricData", "{".to_owned()).await;
    assert_eq!(
        (status, &told["__type"]),
        (StatusCode::BAD_REQUEST, &json!("SerializationException"))
    );
    assert_eq!(headers["x-amzn-query-error"], "SerializationException;Sender");
    assert_eq!(ask("DescribeAlarms", "{}".to_owned()).await.0, StatusCode::NOT_IMPLEMENTED);
}
