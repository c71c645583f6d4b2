package throttle

// The sizes of EC2's buckets, from the page that the package names. Operations that this cloud does not have are left out.

// unfilteredSize is of listings in bare that name neither ids nor a filter nor a page.
var unfilteredSize = size{50, 10}

var bare = map[string]bool{
	"DescribeInstances": true, "DescribeInstanceStatus": true, "DescribeNetworkInterfaces": true, "DescribeSecurityGroups": true,
	"DescribeSnapshots": true, "DescribeSpotInstanceRequests": true, "DescribeVolumes": true,
}

// uncategorized are the operations that have sizes of their own.
var uncategorized = map[string]size{
	"AssignIpv6Addresses":             {100, 5},
	"AssignPrivateIpAddresses":        {100, 5},
	"AssociateIamInstanceProfile":     {100, 5},
	"AssociateNatGatewayAddress":      {10, 1},
	"CopyImage":                       {100, 1},
	"CreateDefaultSubnet":             {1, 1},
	"CreateDefaultVpc":                {1, 1},
	"CreateLaunchTemplateVersion":     {100, 5},
	"CreateNatGateway":                {10, 1},
	"CreateNetworkInterface":          {100, 5},
	"CreateSnapshot":                  {100, 5},
	"CreateSnapshots":                 {100, 5},
	"CreateTags":                      {100, 10},
	"CreateVolume":                    {100, 5},
	"CreateVpcEndpoint":               {4, 0.3},
	"DeleteNatGateway":                {10, 1},
	"DeleteNetworkInterface":          {100, 5},
	"DeleteSnapshot":                  {100, 5},
	"DeleteTags":                      {100, 10},
	"DeleteVolume":                    {100, 5},
	"DeleteVpcEndpoints":              {4, 0.3},
	"DeregisterImage":                 {100, 5},
	"DescribeInstanceTopology":        {1, 1},
	"DescribeMovingAddresses":         {1, 1},
	"DescribeSecurityGroupReferences": {20, 5},
	"DescribeStaleSecurityGroups":     {20, 5},
	"DisassociateIamInstanceProfile":  {100, 5},
	"DisassociateNatGatewayAddress":   {10, 1},
	"ModifyImageAttribute":            {100, 5},
	"ModifyInstanceMetadataDefaults":  {2, 2},
	"ModifyInstanceMetadataOptions":   {100, 5},
	"ModifyLaunchTemplate":            {100, 5},
	"ModifyNetworkInterfaceAttribute": {100, 5},
	"ModifySnapshotAttribute":         {100, 5},
	"ModifyVpcEndpoint":               {4, 0.3},
	"RunInstances":                    {5, 2},
	"StartInstances":                  {5, 2},
	"TerminateInstances":              {100, 5},
	"UnassignPrivateIpAddresses":      {100, 5},
}

// instances are the buckets of instances, beside those of requests ("Resource token bucket sizes and refill rates").
var instances = map[string]size{
	"RunInstances": {1000, 2}, "StartInstances": {1000, 2}, "StopInstances": {1000, 20}, "TerminateInstances": {1000, 20},
}
