import type { CompiledArtifacts, CompiledJob, CompiledReport } from '../ci-config/plan.ts';
import { artifactTypes, type ArtifactType, type JobArtifact } from './wire.ts';

/** The uploads that an agent makes for a job: its archive, if it keeps one, then its reports (runner protocol 5.7). */
export function uploadsOf({ artifacts, reports }: Pick<CompiledJob, 'artifacts' | 'reports'>): JobArtifact[] {
  const expireIn = artifacts?.expireIn ?? null;
  return [...(artifacts === null ? [] : archiveOf(artifacts)), ...reports.map((report) => reportOf(report, expireIn))];
}

function archiveOf(artifacts: CompiledArtifacts): JobArtifact[] {
  if (artifacts.paths.length === 0 && !artifacts.untracked) return [];
  return [
    {
      name: artifacts.name,
      untracked: artifacts.untracked,
      paths: artifacts.paths,
      ...(artifacts.exclude.length === 0 ? {} : { exclude: artifacts.exclude }),
      when: artifacts.when,
      expire_in: artifacts.expireIn,
      artifact_type: 'archive',
      artifact_format: 'zip',
    },
  ];
}

/** A report says how a job went, so it is uploaded whatever the result. */
function reportOf({ type, paths }: CompiledReport, expireIn: string | null): JobArtifact {
  if (!isReportType(type)) throw new Error(`a job cannot leave a report of type "${type}"`);
  const { fileName: name, format } = artifactTypes[type];
  return { name, paths, when: 'always', expire_in: expireIn, artifact_type: type, artifact_format: format };
}

function isReportType(type: string): type is ArtifactType {
  return Object.hasOwn(artifactTypes, type) && !('internal' in artifactTypes[type as ArtifactType]);
}
