package io.bqx.aws.testing;

import io.bqx.aws.AwsClients;
import software.amazon.awssdk.services.ec2.model.IpPermission;
import software.amazon.awssdk.services.ec2.model.IpRange;

/**
 * A network of one public subnet, with a security group for workers and one for a database, an
 * instance profile and a key pair; all of one name.
 *
 * @param name what everything is called by
 * @param subnet the subnet, which routes to an internet gateway
 * @param workers the security group of workers, which admits {@link #OPERATORS} to port 22
 * @param database the security group of the database, which admits nobody
 */
public record TestNetwork(String name, String subnet, String workers, String database) {

  /** The addresses that may log in. */
  public static final String OPERATORS = "203.0.113.0/24";

  /** Makes a network. */
  public static TestNetwork create(AwsClients clients, String name) {
    String vpc = clients.ec2().createVpc(request -> request.cidrBlock("10.7.0.0/16")).vpc().vpcId();
    String subnet =
        clients
            .ec2()
            .createSubnet(
                request ->
                    request
                        .vpcId(vpc)
                        .cidrBlock("10.7.1.0/24")
                        .availabilityZone(clients.region() + "a"))
            .subnet()
            .subnetId();
    clients
        .ec2()
        .modifySubnetAttribute(
            request -> request.subnetId(subnet).mapPublicIpOnLaunch(value -> value.value(true)));
    String gateway =
        clients.ec2().createInternetGateway(request -> {}).internetGateway().internetGatewayId();
    clients.ec2().attachInternetGateway(request -> request.vpcId(vpc).internetGatewayId(gateway));
    String routes =
        clients.ec2().createRouteTable(request -> request.vpcId(vpc)).routeTable().routeTableId();
    clients.ec2().associateRouteTable(request -> request.routeTableId(routes).subnetId(subnet));
    clients
        .ec2()
        .createRoute(
            request ->
                request.routeTableId(routes).destinationCidrBlock("0.0.0.0/0").gatewayId(gateway));
    String workers = group(clients, vpc, name + "-workers");
    open(clients, workers, 22, OPERATORS);
    clients.ec2().createKeyPair(request -> request.keyName(name));
    clients.iam().createInstanceProfile(request -> request.instanceProfileName(name));
    clients.iam().createRole(request -> request.roleName(name).assumeRolePolicyDocument("{}"));
    clients
        .iam()
        .addRoleToInstanceProfile(request -> request.instanceProfileName(name).roleName(name));
    return new TestNetwork(name, subnet, workers, group(clients, vpc, name + "-database"));
  }

  private static String group(AwsClients clients, String vpc, String name) {
    return clients
        .ec2()
        .createSecurityGroup(request -> request.vpcId(vpc).groupName(name).description(name))
        .groupId();
  }

  /** Admits a block of addresses to a port. */
  public static void open(AwsClients clients, String group, int port, String cidr) {
    clients
        .ec2()
        .authorizeSecurityGroupIngress(
            request ->
                request
                    .groupId(group)
                    .ipPermissions(
                        IpPermission.builder()
                            .ipProtocol("tcp")
                            .fromPort(port)
                            .toPort(port)
                            .ipRanges(IpRange.builder().cidrIp(cidr).build())
                            .build()));
  }
}
