package wire

import "reflect"

// emptyMeans are the members of EC2, by shape, for which an empty text is a value.
var emptyMeans = map[string]bool{
	"Tag.Value":                                true, // DeleteTags without one removes the tag whatever it has
	"AttributeValue.Value":                     true, // takes the description of an interface away
	"ModifyImageAttributeRequest.Value":        true,
	"ModifyInstanceAttributeRequest.Value":     true,
	"ModifyInstancePlacementRequest.GroupName": true, // takes an instance out of its group
}

// dropEmpty makes members of EC2 absent that were sent without a value: the SDKs write a pointer to an empty text as "Name=",
// Terraform's provider for one "Placement.AvailabilityZone=" with each launch, and EC2 takes it for nothing.
func (s *Service) dropEmpty(op *operation, in reflect.Value) {
	if s == EC2 {
		s.dropEmptyOf(s.table.shape(op.input), in)
	}
}

func (s *Service) dropEmptyOf(sh *shape, v reflect.Value) {
	for i := range v.NumField() {
		field, of := v.Type().Field(i), v.Field(i)
		if field.PkgPath != "" || unset(of) {
			continue
		}
		m := sh.member(field.Name, s.protocol)
		switch {
		case of.Kind() == reflect.Slice && of.Type().Elem().Kind() == reflect.Struct:
			element := s.table.shape(s.table.shape(m.shape).element.shape)
			for j := range of.Len() {
				s.dropEmptyOf(element, of.Index(j))
			}
		case of.Kind() != reflect.Pointer || of.Type() == timeType:
		case of.Elem().Kind() == reflect.Struct:
			s.dropEmptyOf(s.table.shape(m.shape), of.Elem())
		case of.Elem().Kind() == reflect.String && of.Elem().Len() == 0 && !emptyMeans[sh.name+"."+m.name]:
			of.SetZero()
		}
	}
}
