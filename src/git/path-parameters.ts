import { Type } from 'typebox';

/** `:id` of a project, alone and with what stands behind it. */
export const ProjectId = { id: Type.String({ description: 'Id or URL-encoded path of the project.' }) };

export const ProjectParams = Type.Object(ProjectId);
export const FileParams = Type.Object({ ...ProjectId, file_path: Type.String({ description: 'URL-encoded path of the file.' }) });
export const BranchParams = Type.Object({ ...ProjectId, branch: Type.String({ description: 'URL-encoded name of the branch.' }) });
export const TagParams = Type.Object({ ...ProjectId, tag_name: Type.String({ description: 'URL-encoded name of the tag.' }) });
export const CommitParams = Type.Object({ ...ProjectId, sha: Type.String({ description: 'Id of a commit, or name of a branch or tag.' }) });
