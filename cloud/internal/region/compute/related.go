package compute

import (
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Related returns the instance that a profile's association is of; nothing for ids of other kinds.
func (r *Room) Related(id string) []string {
	for _, i := range r.instances.All() {
		if i.Profile != nil && i.Profile.Association == id {
			return []string{i.ID}
		}
	}
	return nil
}

// KeyPairName returns the name of a key pair by its id.
func (r *Room) KeyPairName(id string) (string, bool) {
	for _, k := range r.keyPairs.All() {
		if k.ID == id {
			return k.Name, true
		}
	}
	return "", false
}

// TemplateData returns a launch template's id and what a version of it has; nothing for one that is not there.
func (r *Room) TemplateData(id, name, version *string) (string, *ec2types.RequestLaunchTemplateData) {
	t, err := r.findTemplate(r.templates.All(), id, name)
	if err != nil {
		return "", nil
	}
	v, err := t.version(*version)
	if err != nil {
		return t.ID, nil
	}
	return t.ID, &v.Data
}
