"""A moto account for the tests of tests/aws: starts a server on a free port of loopback, fills the regions that are given
as arguments, prints its address, and lives until its standard input ends."""

import datetime
import logging
import sys

import boto3
from moto.server import ThreadedMotoServer

GROUP = "moodle-web"


def fill(url, region):
    def client(service):
        return boto3.client(
            service,
            endpoint_url=url,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    ec2, autoscaling, balancing = client("ec2"), client("autoscaling"), client("elbv2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    ec2.create_launch_template(
        LaunchTemplateName="web",
        LaunchTemplateData={"ImageId": image, "InstanceType": "c6i.2xlarge"},
    )
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    target_group = balancing.create_target_group(
        Name="moodle-web", Protocol="HTTP", Port=80, VpcId=vpc
    )["TargetGroups"][0]["TargetGroupArn"]
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=GROUP,
        MinSize=2,
        MaxSize=10,
        LaunchTemplate={"LaunchTemplateName": "web"},
        AvailabilityZones=zones(ec2),
        TargetGroupARNs=[target_group],
    )
    autoscaling.put_scheduled_update_group_action(
        AutoScalingGroupName=GROUP,
        ScheduledActionName="terraform-night",
        StartTime=datetime.datetime(2040, 1, 1),
        DesiredCapacity=2,
    )
    autoscaling.put_scaling_policy(
        AutoScalingGroupName=GROUP,
        PolicyName="step",
        PolicyType="StepScaling",
        AdjustmentType="ChangeInCapacity",
        StepAdjustments=[{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
    )
    database(client("rds"))
    return target_group


def zones(ec2):
    """Three zones of the region; which letters there are differs from region to region."""
    subnets = ec2.describe_subnets(
        Filters=[{"Name": "default-for-az", "Values": ["true"]}]
    )["Subnets"]
    return sorted(subnet["AvailabilityZone"] for subnet in subnets)[:3]


def database(rds):
    """A cluster of two, with a limit in the instances' group and one in the cluster's."""
    family = "aurora-mysql8.0"

    def limit(value):
        return [
            {
                "ParameterName": "max_connections",
                "ParameterValue": value,
                "ApplyMethod": "immediate",
            }
        ]

    rds.create_db_parameter_group(
        DBParameterGroupName="own", DBParameterGroupFamily=family, Description="own"
    )
    rds.modify_db_parameter_group(DBParameterGroupName="own", Parameters=limit("1800"))
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="shared",
        DBParameterGroupFamily=family,
        Description="shared",
    )
    rds.modify_db_cluster_parameter_group(
        DBClusterParameterGroupName="shared", Parameters=limit("2500")
    )
    rds.create_db_cluster(
        DBClusterIdentifier="moodle",
        Engine="aurora-mysql",
        MasterUsername="admin",
        MasterUserPassword="not-a-secret",
        DBClusterParameterGroupName="shared",
    )
    for name in ("one", "two"):
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBClusterIdentifier="moodle",
            Engine="aurora-mysql",
            DBInstanceClass="db.r6g.large",
            DBParameterGroupName="own",
        )


# Each request would be a line; what goes wrong is still told.
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
address = "http://%s:%d" % server.get_host_and_port()
for one in sys.argv[1:]:
    print(one, fill(address, one), flush=True)
print(address, flush=True)
sys.stdin.read()
server.stop()
