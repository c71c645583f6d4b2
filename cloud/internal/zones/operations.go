package zones

import "github.com/understudy/understudy/cloud/internal/wire"

// Operations registers every operation that this cloud's Route 53 has, and those of routing control.
func (z *Zones) Operations(m *wire.Mux) {
	z.api.operations(m)
	z.health.Operations(m)
	z.controls.Operations(m)
}

func (a *api) operations(m *wire.Mux) {
	wire.Handle(m, wire.Route53, "CreateHostedZone", a.createHostedZone)
	wire.Handle(m, wire.Route53, "GetHostedZone", a.getHostedZone)
	wire.Handle(m, wire.Route53, "ListHostedZones", a.listHostedZones)
	wire.Handle(m, wire.Route53, "ListHostedZonesByName", a.listHostedZonesByName)
	wire.Handle(m, wire.Route53, "GetHostedZoneCount", a.getHostedZoneCount)
	wire.Handle(m, wire.Route53, "UpdateHostedZoneComment", a.updateHostedZoneComment)
	wire.Handle(m, wire.Route53, "DeleteHostedZone", a.deleteHostedZone)
	wire.Handle(m, wire.Route53, "GetHostedZoneLimit", a.getHostedZoneLimit)
	wire.Handle(m, wire.Route53, "GetAccountLimit", a.getAccountLimit)
	wire.Handle(m, wire.Route53, "ListReusableDelegationSets", a.listDelegationSets)

	wire.Handle(m, wire.Route53, "AssociateVPCWithHostedZone", a.associateVPC)
	wire.Handle(m, wire.Route53, "DisassociateVPCFromHostedZone", a.disassociateVPC)
	wire.Handle(m, wire.Route53, "CreateVPCAssociationAuthorization", a.authorizeVPC)
	wire.Handle(m, wire.Route53, "DeleteVPCAssociationAuthorization", a.unauthorizeVPC)
	wire.Handle(m, wire.Route53, "ListVPCAssociationAuthorizations", a.listAuthorizations)
	wire.Handle(m, wire.Route53, "ListHostedZonesByVPC", a.listZonesByVPC)

	wire.Handle(m, wire.Route53, "GetGeoLocation", a.getGeoLocation)
	wire.Handle(m, wire.Route53, "ListGeoLocations", a.listGeoLocations)

	wire.Handle(m, wire.Route53, "ChangeResourceRecordSets", a.changeRecords)
	wire.Handle(m, wire.Route53, "ListResourceRecordSets", a.listRecords)
	wire.Handle(m, wire.Route53, "GetChange", a.getChange)
	wire.Handle(m, wire.Route53, "TestDNSAnswer", a.testAnswer)

	wire.Handle(m, wire.Route53, "ChangeTagsForResource", a.changeTags)
	wire.Handle(m, wire.Route53, "ListTagsForResource", a.listTags)
	wire.Handle(m, wire.Route53, "ListTagsForResources", a.listTagsOfMany)

	wire.Handle(m, wire.Route53, "CreateReusableDelegationSet", a.createDelegationSet)
	wire.Handle(m, wire.Route53, "GetReusableDelegationSet", a.getDelegationSet)
	wire.Handle(m, wire.Route53, "DeleteReusableDelegationSet", a.deleteDelegationSet)
	wire.Handle(m, wire.Route53, "GetReusableDelegationSetLimit", a.getDelegationSetLimit)

	wire.Handle(m, wire.Route53, "CreateCidrCollection", a.createCollection)
	wire.Handle(m, wire.Route53, "ChangeCidrCollection", a.changeCollection)
	wire.Handle(m, wire.Route53, "DeleteCidrCollection", a.deleteCollection)
	wire.Handle(m, wire.Route53, "ListCidrCollections", a.listCollections)
	wire.Handle(m, wire.Route53, "ListCidrLocations", a.listLocations)
	wire.Handle(m, wire.Route53, "ListCidrBlocks", a.listBlocks)

	wire.Handle(m, wire.Route53, "CreateTrafficPolicy", a.createPolicy)
	wire.Handle(m, wire.Route53, "CreateTrafficPolicyVersion", a.createPolicyVersion)
	wire.Handle(m, wire.Route53, "GetTrafficPolicy", a.getPolicy)
	wire.Handle(m, wire.Route53, "UpdateTrafficPolicyComment", a.updatePolicyComment)
	wire.Handle(m, wire.Route53, "DeleteTrafficPolicy", a.deletePolicy)
	wire.Handle(m, wire.Route53, "ListTrafficPolicies", a.listPolicies)
	wire.Handle(m, wire.Route53, "ListTrafficPolicyVersions", a.listPolicyVersions)

	wire.Handle(m, wire.Route53, "CreateTrafficPolicyInstance", a.createInstance)
	wire.Handle(m, wire.Route53, "GetTrafficPolicyInstance", a.getInstance)
	wire.Handle(m, wire.Route53, "UpdateTrafficPolicyInstance", a.updateInstance)
	wire.Handle(m, wire.Route53, "DeleteTrafficPolicyInstance", a.deleteInstance)
	wire.Handle(m, wire.Route53, "GetTrafficPolicyInstanceCount", a.getInstanceCount)
	wire.Handle(m, wire.Route53, "ListTrafficPolicyInstances", a.listInstances)
	wire.Handle(m, wire.Route53, "ListTrafficPolicyInstancesByHostedZone", a.listInstancesByZone)
	wire.Handle(m, wire.Route53, "ListTrafficPolicyInstancesByPolicy", a.listInstancesByPolicy)

	wire.Handle(m, wire.Route53, "CreateQueryLoggingConfig", a.createQueryLogging)
	wire.Handle(m, wire.Route53, "GetQueryLoggingConfig", a.getQueryLogging)
	wire.Handle(m, wire.Route53, "ListQueryLoggingConfigs", a.listQueryLogging)
	wire.Handle(m, wire.Route53, "DeleteQueryLoggingConfig", a.deleteQueryLogging)

	wire.Handle(m, wire.Route53, "CreateKeySigningKey", a.createKSK)
	wire.Handle(m, wire.Route53, "ActivateKeySigningKey", a.activateKSK)
	wire.Handle(m, wire.Route53, "DeactivateKeySigningKey", a.deactivateKSK)
	wire.Handle(m, wire.Route53, "DeleteKeySigningKey", a.deleteKSK)
	wire.Handle(m, wire.Route53, "EnableHostedZoneDNSSEC", a.enableDNSSEC)
	wire.Handle(m, wire.Route53, "DisableHostedZoneDNSSEC", a.disableDNSSEC)
	wire.Handle(m, wire.Route53, "GetDNSSEC", a.getDNSSEC)
}
