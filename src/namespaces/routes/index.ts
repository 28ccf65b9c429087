import type { Guard } from '../../access/route.ts';
import type { Route } from '../../http/route.ts';
import { addGroupMember } from './add-group-member.ts';
import { addProjectMember } from './add-project-member.ts';
import { createGroupVariable } from './create-group-variable.ts';
import { createGroup } from './create-group.ts';
import { createInstanceVariable } from './create-instance-variable.ts';
import { createProjectVariable } from './create-project-variable.ts';
import { createProject } from './create-project.ts';
import { deleteGroupVariable } from './delete-group-variable.ts';
import { deleteGroup } from './delete-group.ts';
import { deleteInstanceVariable } from './delete-instance-variable.ts';
import { deleteProjectVariable } from './delete-project-variable.ts';
import { deleteProject } from './delete-project.ts';
import { listAllGroupMembers } from './list-all-group-members.ts';
import { listAllProjectMembers } from './list-all-project-members.ts';
import { listDescendantGroups } from './list-descendant-groups.ts';
import { listGroupMembers } from './list-group-members.ts';
import { listGroupProjects } from './list-group-projects.ts';
import { listGroupVariables } from './list-group-variables.ts';
import { listGroups } from './list-groups.ts';
import { listInstanceVariables } from './list-instance-variables.ts';
import { listNamespaces } from './list-namespaces.ts';
import { listProjectMembers } from './list-project-members.ts';
import { listProjectVariables } from './list-project-variables.ts';
import { listProjects } from './list-projects.ts';
import { listProtectedBranches } from './list-protected-branches.ts';
import { listProtectedTags } from './list-protected-tags.ts';
import { listSubgroups } from './list-subgroups.ts';
import { listUserProjects } from './list-user-projects.ts';
import { protectBranch } from './protect-branch.ts';
import { protectTag } from './protect-tag.ts';
import { removeGroupMember } from './remove-group-member.ts';
import { removeProjectMember } from './remove-project-member.ts';
import { showAllGroupMember } from './show-all-group-member.ts';
import { showAllProjectMember } from './show-all-project-member.ts';
import { showGroupMember } from './show-group-member.ts';
import { showGroupVariable } from './show-group-variable.ts';
import { showGroup } from './show-group.ts';
import { showInstanceVariable } from './show-instance-variable.ts';
import { showNamespace } from './show-namespace.ts';
import { showProjectMember } from './show-project-member.ts';
import { showProjectVariable } from './show-project-variable.ts';
import { showProject } from './show-project.ts';
import { showProtectedBranch } from './show-protected-branch.ts';
import { showProtectedTag } from './show-protected-tag.ts';
import { showSettings } from './show-settings.ts';
import { unprotectBranch } from './unprotect-branch.ts';
import { unprotectTag } from './unprotect-tag.ts';
import { updateGroupMember } from './update-group-member.ts';
import { updateGroupVariable } from './update-group-variable.ts';
import { updateGroup } from './update-group.ts';
import { updateInstanceVariable } from './update-instance-variable.ts';
import { updateProjectMember } from './update-project-member.ts';
import { updateProjectVariable } from './update-project-variable.ts';
import { updateProject } from './update-project.ts';
import { updateProtectedBranch } from './update-protected-branch.ts';
import { updateSettings } from './update-settings.ts';

/** The endpoints of groups, projects, members, variables, protected refs and settings. */
export const namespacesRoutes: readonly Route<Guard>[] = [
  addGroupMember,
  addProjectMember,
  createGroupVariable,
  createGroup,
  createInstanceVariable,
  createProjectVariable,
  createProject,
  deleteGroupVariable,
  deleteGroup,
  deleteInstanceVariable,
  deleteProjectVariable,
  deleteProject,
  listAllGroupMembers,
  listAllProjectMembers,
  listDescendantGroups,
  listGroupMembers,
  listGroupProjects,
  listGroupVariables,
  listGroups,
  listInstanceVariables,
  listNamespaces,
  listProjectMembers,
  listProjectVariables,
  listProjects,
  listProtectedBranches,
  listProtectedTags,
  listSubgroups,
  listUserProjects,
  protectBranch,
  protectTag,
  removeGroupMember,
  removeProjectMember,
  showAllGroupMember,
  showAllProjectMember,
  showGroupMember,
  showGroupVariable,
  showGroup,
  showInstanceVariable,
  showNamespace,
  showProjectMember,
  showProjectVariable,
  showProject,
  showProtectedBranch,
  showProtectedTag,
  showSettings,
  unprotectBranch,
  unprotectTag,
  updateGroupMember,
  updateGroupVariable,
  updateGroup,
  updateInstanceVariable,
  updateProjectMember,
  updateProjectVariable,
  updateProject,
  updateProtectedBranch,
  updateSettings,
];
