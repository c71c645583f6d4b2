package zones

import (
	"net/http"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// Handler answers the APIs of Route 53 and of routing controls.
func (z *Zones) Handler() http.Handler {
	m := wire.NewMux(z.room.Log)
	m.Steady(z.room.DB.Changes)
	z.Operations(m)
	return m
}

// Operations registers every operation that this cloud's Route 53 has, and those of routing control.
func (z *Zones) Operations(m *wire.Mux) {
	z.room.operations(m)
	z.health.Operations(m)
	z.controls.Operations(m)
}

func (r *Room) operations(m *wire.Mux) {
	wire.Handle(m, wire.Route53, "CreateHostedZone", r.createHostedZone)
	wire.Handle(m, wire.Route53, "GetHostedZone", r.getHostedZone)
	wire.Handle(m, wire.Route53, "ListHostedZones", r.listHostedZones)
	wire.Handle(m, wire.Route53, "ListHostedZonesByName", r.listHostedZonesByName)
	wire.Handle(m, wire.Route53, "GetHostedZoneCount", r.getHostedZoneCount)
	wire.Handle(m, wire.Route53, "UpdateHostedZoneComment", r.updateHostedZoneComment)
	wire.Handle(m, wire.Route53, "DeleteHostedZone", r.deleteHostedZone)
	wire.Handle(m, wire.Route53, "GetHostedZoneLimit", r.getHostedZoneLimit)
	wire.Handle(m, wire.Route53, "GetAccountLimit", r.getAccountLimit)
	wire.Handle(m, wire.Route53, "ListReusableDelegationSets", r.listDelegationSets)

	wire.Handle(m, wire.Route53, "AssociateVPCWithHostedZone", r.associateVPC)
	wire.Handle(m, wire.Route53, "DisassociateVPCFromHostedZone", r.disassociateVPC)
	wire.Handle(m, wire.Route53, "CreateVPCAssociationAuthorization", r.authorizeVPC)
	wire.Handle(m, wire.Route53, "DeleteVPCAssociationAuthorization", r.unauthorizeVPC)
	wire.Handle(m, wire.Route53, "ListVPCAssociationAuthorizations", r.listAuthorizations)
	wire.Handle(m, wire.Route53, "ListHostedZonesByVPC", r.listZonesByVPC)

	wire.Handle(m, wire.Route53, "GetGeoLocation", r.getGeoLocation)
	wire.Handle(m, wire.Route53, "ListGeoLocations", r.listGeoLocations)

	wire.Handle(m, wire.Route53, "ChangeResourceRecordSets", r.changeRecords)
	wire.Handle(m, wire.Route53, "ListResourceRecordSets", r.listRecords)
	wire.Handle(m, wire.Route53, "GetChange", r.getChange)
	wire.Handle(m, wire.Route53, "TestDNSAnswer", r.testAnswer)

	wire.Handle(m, wire.Route53, "ChangeTagsForResource", r.changeTags)
	wire.Handle(m, wire.Route53, "ListTagsForResource", r.listTags)
	wire.Handle(m, wire.Route53, "ListTagsForResources", r.listTagsOfMany)

	wire.Handle(m, wire.Route53, "CreateReusableDelegationSet", r.createDelegationSet)
	wire.Handle(m, wire.Route53, "GetReusableDelegationSet", r.getDelegationSet)
	wire.Handle(m, wire.Route53, "DeleteReusableDelegationSet", r.deleteDelegationSet)
	wire.Handle(m, wire.Route53, "GetReusableDelegationSetLimit", r.getDelegationSetLimit)

	wire.Handle(m, wire.Route53, "CreateCidrCollection", r.createCollection)
	wire.Handle(m, wire.Route53, "ChangeCidrCollection", r.changeCollection)
	wire.Handle(m, wire.Route53, "DeleteCidrCollection", r.deleteCollection)
	wire.Handle(m, wire.Route53, "ListCidrCollections", r.listCollections)
	wire.Handle(m, wire.Route53, "ListCidrLocations", r.listLocations)
	wire.Handle(m, wire.Route53, "ListCidrBlocks", r.listBlocks)

	wire.Handle(m, wire.Route53, "CreateTrafficPolicy", r.createPolicy)
	wire.Handle(m, wire.Route53, "CreateTrafficPolicyVersion", r.createPolicyVersion)
	wire.Handle(m, wire.Route53, "GetTrafficPolicy", r.getPolicy)
	wire.Handle(m, wire.Route53, "UpdateTrafficPolicyComment", r.updatePolicyComment)
	wire.Handle(m, wire.Route53, "DeleteTrafficPolicy", r.deletePolicy)
	wire.Handle(m, wire.Route53, "ListTrafficPolicies", r.listPolicies)
	wire.Handle(m, wire.Route53, "ListTrafficPolicyVersions", r.listPolicyVersions)

	wire.Handle(m, wire.Route53, "CreateTrafficPolicyInstance", r.createInstance)
	wire.Handle(m, wire.Route53, "GetTrafficPolicyInstance", r.getInstance)
	wire.Handle(m, wire.Route53, "UpdateTrafficPolicyInstance", r.updateInstance)
	wire.Handle(m, wire.Route53, "DeleteTrafficPolicyInstance", r.deleteInstance)
	wire.Handle(m, wire.Route53, "GetTrafficPolicyInstanceCount", r.getInstanceCount)
	wire.Handle(m, wire.Route53, "ListTrafficPolicyInstances", r.listInstances)
	wire.Handle(m, wire.Route53, "ListTrafficPolicyInstancesByHostedZone", r.listInstancesByZone)
	wire.Handle(m, wire.Route53, "ListTrafficPolicyInstancesByPolicy", r.listInstancesByPolicy)

	wire.Handle(m, wire.Route53, "CreateQueryLoggingConfig", r.createQueryLogging)
	wire.Handle(m, wire.Route53, "GetQueryLoggingConfig", r.getQueryLogging)
	wire.Handle(m, wire.Route53, "ListQueryLoggingConfigs", r.listQueryLogging)
	wire.Handle(m, wire.Route53, "DeleteQueryLoggingConfig", r.deleteQueryLogging)

	wire.Handle(m, wire.Route53, "CreateKeySigningKey", r.createKSK)
	wire.Handle(m, wire.Route53, "ActivateKeySigningKey", r.activateKSK)
	wire.Handle(m, wire.Route53, "DeactivateKeySigningKey", r.deactivateKSK)
	wire.Handle(m, wire.Route53, "DeleteKeySigningKey", r.deleteKSK)
	wire.Handle(m, wire.Route53, "EnableHostedZoneDNSSEC", r.enableDNSSEC)
	wire.Handle(m, wire.Route53, "DisableHostedZoneDNSSEC", r.disableDNSSEC)
	wire.Handle(m, wire.Route53, "GetDNSSEC", r.getDNSSEC)
}
