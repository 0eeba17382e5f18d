"""What boto3 and the aws command line make of the simulated account.

The account is where AWS_ENDPOINT_URL says, on this machine; nothing else is talked to. Every answer is held against the
model that botocore has of it: an element that the model does not know would be dropped in silence otherwise.
"""

import datetime
import json
import os
import subprocess
import sys
import time
import unittest
import urllib.request
import xml.etree.ElementTree as ElementTree

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

GROUP = "moodle-web"
REQUESTS = "app/moodle/50dc6c495c0c9188/targetgroup/moodle-web/73e2d6bc24d8a067"
TARGET_GROUP = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/moodle-web/73e2d6bc24d8a067"
AROUND = {"ResponseMetadata"}


def unknown(element, shape, path):
    """Elements of an answer that its model does not have."""
    name = lambda child: child.tag.split("}")[-1]
    if shape.type_name == "structure":
        members = {member.serialization.get("name", key): member for key, member in shape.members.items()}
        for child in element:
            if name(child) not in members:
                yield f"{path}.{name(child)}"
            else:
                yield from unknown(child, members[name(child)], f"{path}.{name(child)}")
    elif shape.type_name == "list":
        expected = shape.member.serialization.get("name", "member")
        for child in element:
            if name(child) != expected:
                yield f"{path}: {name(child)} instead of {expected}"
            else:
                yield from unknown(child, shape.member, f"{path}[]")
    elif len(element):
        yield f"{path} has elements and should have text"


def check(operation_model, response_dict, **_):
    if response_dict["status_code"] != 200:
        return
    root = ElementTree.fromstring(response_dict["body"])
    shape = operation_model.output_shape
    found = []
    for child in root:
        name = child.tag.split("}")[-1]
        if name in AROUND:
            continue
        if shape is None or name != shape.serialization["resultWrapper"]:
            found.append(name)
        else:
            found.extend(unknown(child, shape, name))
    CHECKED.add(operation_model.name)
    UNKNOWN.extend(f"{operation_model.name}: {what}" for what in found)


def unknown_json(value, shape, path):
    """The same of an answer in JSON."""
    if shape.type_name == "structure":
        for key, child in value.items():
            if key not in shape.members:
                yield f"{path}.{key}"
            else:
                yield from unknown_json(child, shape.members[key], f"{path}.{key}")
    elif shape.type_name == "list":
        for child in value:
            yield from unknown_json(child, shape.member, f"{path}[]")
    elif isinstance(value, (dict, list)):
        yield f"{path} is no plain value"


def check_json(operation_model, response_dict, **_):
    if response_dict["status_code"] == 200:
        found = unknown_json(json.loads(response_dict["body"]), operation_model.output_shape, "")
        CHECKED.add(operation_model.name)
        UNKNOWN.extend(f"{operation_model.name}: {what}" for what in found)


CHECKED = set()
UNKNOWN = []


def client(service, check=check):
    made = boto3.client(service, config=Config(retries={"total_max_attempts": 1}))
    made.meta.events.register("before-parse", check)
    return made


def aws(*arguments):
    command = [sys.executable, "-m", "awscli", *arguments, "--output", "json"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def faults(*asked):
    """Puts faults in the place of those that stand."""
    address = os.environ["AWS_ENDPOINT_URL"] + "/_sandbox/faults"
    request = urllib.request.Request(address, json.dumps(asked).encode(), method="POST")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


class Conformance(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.autoscaling, cls.rds = client("autoscaling"), client("rds")
        cls.elb, cls.sts = client("elbv2"), client("sts")
        cls.cloudwatch = client("cloudwatch", check_json)

    def refused(self, code, message, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        error = caught.exception.response["Error"]
        self.assertEqual((error["Code"], error["Message"]), (code, message))
        self.assertEqual(error["Type"], "Sender")

    def group(self):
        groups = self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])
        return groups["AutoScalingGroups"][0]

    def ahead(self):
        """A moment that lies ahead, however fast the account's time runs while this is tested."""
        return self.group()["CreatedTime"] + datetime.timedelta(days=400)

    def test_who_is_asking(self):
        identity = self.sts.get_caller_identity()
        self.assertEqual(identity["Account"], "123456789012")
        self.assertEqual(boto3.client("sts").meta.endpoint_url, os.environ["AWS_ENDPOINT_URL"])

    def test_a_raise_boots_becomes_healthy_and_is_an_activity(self):
        self.autoscaling.update_auto_scaling_group(
            AutoScalingGroupName=GROUP, MinSize=4, MaxSize=40, NewInstancesProtectedFromScaleIn=True
        )
        self.assertEqual(self.group()["DesiredCapacity"], 4)
        deadline = time.monotonic() + 120
        while any(one["LifecycleState"] != "InService" for one in self.group()["Instances"]):
            self.assertLess(time.monotonic(), deadline, "the instances boot")
            time.sleep(0.1)
        health = self.elb.describe_target_health(TargetGroupArn=TARGET_GROUP)["TargetHealthDescriptions"]
        self.assertEqual({one["TargetHealth"]["State"] for one in health}, {"healthy"})
        pages = self.autoscaling.get_paginator("describe_scaling_activities").paginate(
            AutoScalingGroupName=GROUP, PaginationConfig={"PageSize": 1}
        )
        activities = [one for page in pages for one in page["Activities"]]
        booted = [one for one in activities if one["StatusCode"] == "Successful"]
        self.assertTrue(booted and all(one["StartTime"] < one["EndTime"] for one in booted))
        ids = [one["InstanceId"] for one in self.group()["Instances"]]
        self.autoscaling.set_instance_protection(
            AutoScalingGroupName=GROUP, InstanceIds=ids, ProtectedFromScaleIn=True
        )
        self.assertTrue(all(one["ProtectedFromScaleIn"] for one in self.group()["Instances"]))
        self.refused(
            "LimitExceeded", "a call names 1 to 50 instances, not 51",
            self.autoscaling.set_instance_protection,
            AutoScalingGroupName=GROUP, InstanceIds=ids[:1] * 51, ProtectedFromScaleIn=True,
        )

    def test_scheduled_actions_from_a_batch_to_an_empty_list(self):
        base = self.ahead()
        items = [
            {"ScheduledActionName": f"batch-{n:03}", "StartTime": base + datetime.timedelta(minutes=n), "MinSize": 2}
            for n in range(120)
        ]
        for start in range(0, 120, 50):
            answer = self.autoscaling.batch_put_scheduled_update_group_action(
                AutoScalingGroupName=GROUP, ScheduledUpdateGroupActions=items[start:start + 50]
            )
            self.assertEqual(answer["FailedScheduledUpdateGroupActions"], [])
        clash = {**items[0], "ScheduledActionName": "clash"}
        answer = self.autoscaling.batch_put_scheduled_update_group_action(
            AutoScalingGroupName=GROUP, ScheduledUpdateGroupActions=[clash]
        )
        failed = answer["FailedScheduledUpdateGroupActions"][0]
        self.assertEqual((failed["ScheduledActionName"], failed["ErrorCode"]), ("clash", "AlreadyExists"))
        pages = list(self.autoscaling.get_paginator("describe_scheduled_actions").paginate(AutoScalingGroupName=GROUP))
        found = [one for page in pages for one in page["ScheduledUpdateGroupActions"]]
        ours = [one for one in found if one["ScheduledActionName"].startswith("batch-")]
        self.assertGreaterEqual(len(pages), 3)
        self.assertEqual([one["ScheduledActionName"] for one in ours], [one["ScheduledActionName"] for one in items])
        self.assertEqual(ours[7]["StartTime"], items[7]["StartTime"])
        names = [one["ScheduledActionName"] for one in items] + ["unknown"]
        failed = []
        for start in range(0, len(names), 50):
            failed += self.autoscaling.batch_delete_scheduled_action(
                AutoScalingGroupName=GROUP, ScheduledActionNames=names[start:start + 50]
            )["FailedScheduledActions"]
        self.assertEqual([one["ScheduledActionName"] for one in failed], ["unknown"])

    def test_a_recurring_action_is_told_with_its_next_time(self):
        named = {"AutoScalingGroupName": GROUP, "ScheduledActionName": "evening"}
        end = self.ahead()
        self.autoscaling.put_scheduled_update_group_action(
            **named, Recurrence="0 18 * * 1-5", TimeZone="Etc/UTC", EndTime=end, MinSize=1
        )
        told = self.autoscaling.describe_scheduled_actions(ScheduledActionNames=["evening"])
        action = told["ScheduledUpdateGroupActions"][0]
        self.assertEqual((action["Recurrence"], action["StartTime"].hour), ("0 18 * * 1-5", 18))
        self.assertEqual(action["EndTime"], end)
        self.autoscaling.delete_scheduled_action(**named)

    def test_refusals_have_awss_codes_and_words(self):
        put = self.autoscaling.put_scheduled_update_group_action
        soon = self.ahead()
        past = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
        one = {"AutoScalingGroupName": GROUP, "ScheduledActionName": "a", "StartTime": soon}
        invalid = "ValidationError"
        self.refused(invalid, "Given start time is in the past", put, **{**one, "StartTime": past}, MinSize=1)
        self.refused(
            invalid, "At least one of max size, min size, or desired capacity must be specified", put, **one
        )
        self.refused(invalid, "Min size must be less than or equal to max size", put, **one, MinSize=3, MaxSize=2)
        self.refused(
            invalid, "AutoScalingGroup name not found - null", put, **{**one, "AutoScalingGroupName": "x"}, MinSize=1
        )
        self.refused(
            invalid, "Desired capacity:99 must be between the specified min size:2 and max size:9",
            self.autoscaling.update_auto_scaling_group,
            AutoScalingGroupName=GROUP, MinSize=2, MaxSize=9, DesiredCapacity=99,
        )
        self.refused(
            "InvalidAction", "Could not find operation EnterStandby for version 2011-01-01",
            self.autoscaling.enter_standby,
            AutoScalingGroupName=GROUP, ShouldDecrementDesiredCapacity=True,
        )
        put(**one, MinSize=2)
        self.refused(
            "AlreadyExists", "Scheduled action with this scheduled start time already exists",
            put, **{**one, "ScheduledActionName": "b"}, MinSize=2,
        )
        self.autoscaling.delete_scheduled_action(AutoScalingGroupName=GROUP, ScheduledActionName="a")
        with self.assertRaises(self.autoscaling.exceptions.ScalingActivityInProgressFault):
            for desired in (39, 40):
                self.autoscaling.set_desired_capacity(
                    AutoScalingGroupName=GROUP, DesiredCapacity=desired, HonorCooldown=desired == 40
                )

    def test_policies_on_both_metrics(self):
        metrics = {
            "cpu": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
            "requests": {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": REQUESTS},
        }
        for name, metric in metrics.items():
            answer = self.autoscaling.put_scaling_policy(
                AutoScalingGroupName=GROUP, PolicyName=name, PolicyType="TargetTrackingScaling",
                TargetTrackingConfiguration={
                    "PredefinedMetricSpecification": metric, "TargetValue": 57.0, "DisableScaleIn": True
                },
            )
            self.assertEqual(len(answer["Alarms"]), 2)
        told = self.autoscaling.describe_policies(AutoScalingGroupName=GROUP)["ScalingPolicies"]
        configurations = {one["PolicyName"]: one["TargetTrackingConfiguration"] for one in told}
        for name, metric in metrics.items():
            expected = {"PredefinedMetricSpecification": metric, "TargetValue": 57.0, "DisableScaleIn": True}
            self.assertEqual(configurations[name], expected)
            self.autoscaling.delete_policy(AutoScalingGroupName=GROUP, PolicyName=name)
        self.assertEqual(self.autoscaling.describe_policies()["ScalingPolicies"], [])

    def test_processes_are_suspended_by_name_and_all_at_once(self):
        named = lambda: {one["ProcessName"] for one in self.group()["SuspendedProcesses"]}
        self.autoscaling.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["InstanceRefresh"])
        self.assertIn("InstanceRefresh", named())
        self.autoscaling.suspend_processes(AutoScalingGroupName=GROUP)
        self.assertEqual(len(named()), 9)
        self.autoscaling.resume_processes(AutoScalingGroupName=GROUP)
        self.assertEqual(named(), set())

    def test_the_database_says_how_many_connections_it_takes(self):
        cluster = self.rds.describe_db_clusters(DBClusterIdentifier="moodle-db")["DBClusters"][0]
        self.assertEqual([one["IsClusterWriter"] for one in cluster["DBClusterMembers"]], [True, False])
        instances = self.rds.describe_db_instances(
            Filters=[{"Name": "db-cluster-id", "Values": ["moodle-db"]}]
        )["DBInstances"]
        group = instances[0]["DBParameterGroups"][0]["DBParameterGroupName"]
        only = [{"Name": "parameter-name", "Values": ["max_connections"]}]
        parameters = self.rds.describe_db_parameters(DBParameterGroupName=group, Source="user", Filters=only)
        self.assertEqual(parameters["Parameters"][0]["ParameterValue"], "2000")
        self.rds.describe_db_cluster_parameters(DBClusterParameterGroupName=cluster["DBClusterParameterGroup"])
        with self.assertRaises(self.rds.exceptions.DBClusterNotFoundFault):
            self.rds.describe_db_clusters(DBClusterIdentifier="other")
        with self.assertRaises(self.elb.exceptions.TargetGroupNotFoundException):
            self.elb.describe_target_health(TargetGroupArn=TARGET_GROUP + "0")

    def test_what_the_group_has_none_of(self):
        one = {"AutoScalingGroupName": GROUP}
        self.assertEqual(self.autoscaling.describe_instance_refreshes(**one)["InstanceRefreshes"], [])
        self.assertEqual(self.autoscaling.describe_warm_pool(**one)["Instances"], [])
        self.assertEqual(self.autoscaling.describe_lifecycle_hooks(**one)["LifecycleHooks"], [])

    def test_the_command_line_reads_writes_and_is_refused(self):
        read = aws("autoscaling", "describe-auto-scaling-groups")
        self.assertEqual(read.returncode, 0, read.stderr)
        self.assertEqual(json.loads(read.stdout)["AutoScalingGroups"][0]["AutoScalingGroupName"], GROUP)
        start = self.ahead() + datetime.timedelta(days=1)
        named = ["--auto-scaling-group-name", GROUP, "--scheduled-action-name", "by hand"]
        put = ["autoscaling", "put-scheduled-update-group-action", *named, "--min-size", "2", "--start-time"]
        written = aws(*put, start.strftime("%Y-%m-%dT%H:%M:%SZ"))
        self.assertEqual(written.returncode, 0, written.stderr)
        told = aws("autoscaling", "describe-scheduled-actions", "--scheduled-action-names", "by hand")
        self.assertEqual(json.loads(told.stdout)["ScheduledUpdateGroupActions"][0]["MinSize"], 2)
        self.assertEqual(aws("autoscaling", "delete-scheduled-action", *named).returncode, 0)
        refused = aws(*put, "2020-01-01T00:00:00Z")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("(ValidationError)", refused.stderr)
        self.assertIn("Given start time is in the past", refused.stderr)
        identity = aws("sts", "get-caller-identity")
        self.assertEqual(json.loads(identity.stdout)["Account"], "123456789012")

    def metric_data(self, *queries, **rest):
        """One result for each query (namespace, metric, statistic, dimensions), with everything there is."""
        end = self.ahead()
        stat = lambda namespace, name, statistic, dimensions: {
            "Metric": {
                "Namespace": namespace, "MetricName": name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
            },
            "Period": 60, "Stat": statistic,
        }
        queries = [{"Id": f"q{n}", "MetricStat": stat(*query)} for n, query in enumerate(queries)]
        start = end - datetime.timedelta(days=800)
        pages = self.cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=start, EndTime=end, **rest
        )
        results = {}
        for page in pages:
            for one in page["MetricDataResults"]:
                results.setdefault(one["Id"], []).extend(zip(one["Timestamps"], one["Values"]))
        return [results[query["Id"]] for query in queries]

    def test_metrics_come_by_the_minute_and_the_latest_first(self):
        group, cluster = {"AutoScalingGroupName": GROUP}, {"DBClusterIdentifier": "moodle-db"}
        load_balancer, target_group = REQUESTS.split("/targetgroup/")
        target = {"TargetGroup": f"targetgroup/{target_group}", "LoadBalancer": load_balancer}
        queries = [
            ("AWS/EC2", "CPUUtilization", "Average", group),
            ("AWS/ApplicationELB", "RequestCountPerTarget", "Sum", target),
            ("AWS/AutoScaling", "GroupInServiceInstances", "Maximum", group),
            ("AWS/RDS", "DatabaseConnections", "Maximum", cluster),
            ("AWS/RDS", "DatabaseConnections", "Average", {**cluster, "Role": "WRITER"}),
            ("AWS/EC2", "CPUUtilization", "Average", {"AutoScalingGroupName": "other"}),
        ]
        limit = time.monotonic() + 30
        while len(self.metric_data(queries[0])[0]) < 3 and time.monotonic() < limit:
            time.sleep(0.1)
        *known, unknown = self.metric_data(*queries)
        self.assertEqual(unknown, [])
        for points in known:
            self.assertGreaterEqual(len(points), 3)
            steps = {earlier[0] - later[0] for earlier, later in zip(points, points[1:])}
            self.assertEqual(steps, {datetime.timedelta(minutes=1)})
            self.assertTrue(all(0 < value for _, value in points))
        short = self.metric_data(*queries[:2], PaginationConfig={"PageSize": 2}, ScanBy="TimestampAscending")
        self.assertEqual(sorted(short[0]), short[0])
        enabled = {one["Metric"] for one in self.group()["EnabledMetrics"]}
        self.assertIn("GroupInServiceInstances", enabled)

    def test_refusals_of_cloudwatch_have_their_codes(self):
        with self.assertRaises(ClientError) as caught:
            self.metric_data(("AWS/EC2", "CPUUtilization", "Average", {}), LabelOptions={"Timezone": "+0100"})
        self.assertEqual(caught.exception.response["Error"]["Code"], "NotSimulated")
        with self.assertRaises(ClientError) as caught:
            self.cloudwatch.describe_alarms()
        self.assertEqual(caught.exception.response["Error"]["Code"], "NotSimulated")
        self.addCleanup(faults)
        faults({"fault": "throttle", "service": "cloudwatch", "times": 1})
        with self.assertRaises(ClientError) as caught:
            self.metric_data(("AWS/EC2", "CPUUtilization", "Average", {}))
        self.assertEqual(caught.exception.response["Error"]["Code"], "Throttling")

    def test_faults_are_what_boto3_takes_them_for(self):
        self.addCleanup(faults)
        for fault, code, status in [
            ({"fault": "throttle"}, "Throttling", 400),
            ({"fault": "throttle", "code": "RateExceeded"}, "RateExceeded", 400),
            ({"fault": "denied"}, "AccessDenied", 403),
            ({"fault": "expired"}, "ExpiredToken", 403),
            ({"fault": "unavailable"}, "503", 503),
        ]:
            faults({**fault, "service": "autoscaling", "operation": "DescribePolicies", "times": 1})
            with self.assertRaises(ClientError) as caught:
                self.autoscaling.describe_policies()
            response = caught.exception.response
            self.assertEqual(response["Error"]["Code"], code)
            self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], status)
            self.autoscaling.describe_policies()

    def test_an_answer_is_lost_and_the_write_was_done(self):
        self.addCleanup(faults)
        faults({"fault": "lost_answer", "operation": "SuspendProcesses", "times": 1})
        one = {"AutoScalingGroupName": GROUP, "ScalingProcesses": ["AZRebalance"]}
        with self.assertRaises(ConnectionClosedError):
            self.autoscaling.suspend_processes(**one)
        self.assertIn("AZRebalance", [told["ProcessName"] for told in self.group()["SuspendedProcesses"]])
        self.autoscaling.resume_processes(**one)

    def test_listings_come_short(self):
        self.addCleanup(faults)
        faults({"fault": "empty", "operation": "Describe*"})
        self.assertEqual(self.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"], [])
        self.assertEqual(self.rds.describe_db_instances()["DBInstances"], [])
        faults({"fault": "partial", "service": "rds"})
        self.assertEqual(len(self.rds.describe_db_instances()["DBInstances"]), 1)

    def test_the_database_fails_over(self):
        writer = lambda told: [one["DBInstanceIdentifier"] for one in told["DBClusterMembers"] if one["IsClusterWriter"]]
        told = lambda: self.rds.describe_db_clusters(DBClusterIdentifier="moodle-db")["DBClusters"][0]
        first = writer(told())
        begun = self.rds.failover_db_cluster(DBClusterIdentifier="moodle-db")["DBCluster"]
        self.assertEqual(begun["Status"], "failing-over")
        limit = time.monotonic() + 30
        while writer(told()) == first and time.monotonic() < limit:
            time.sleep(0.1)
        self.assertNotEqual(writer(told()), first)
        # Back, for whoever asks next.
        self.rds.failover_db_cluster(DBClusterIdentifier="moodle-db", TargetDBInstanceIdentifier=first[0])
        while told()["Status"] != "available" and time.monotonic() < limit:
            time.sleep(0.1)
        self.assertEqual(writer(told()), first)

    @classmethod
    def tearDownClass(cls):
        assert not UNKNOWN, UNKNOWN
        assert 20 <= len(CHECKED), sorted(CHECKED)


if __name__ == "__main__":
    unittest.main()
